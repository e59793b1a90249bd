import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { AccountCard, Overview } from '../src/model.ts'
import { AccountName } from './account-name.tsx'
import { AddAccountDialog } from './add-account-dialog.tsx'
import { Avatar } from './avatar.tsx'
import { Button, Pill, Section, Switch } from './controls.tsx'
import { Heading } from './heading.tsx'
import { Icon, Spinner } from './icon.tsx'
import { accountAddress } from './route.ts'
import { useAction } from './use-session.ts'
import { VaultBanner } from './vault-banner.tsx'
import { stateWords } from './words.ts'

/** From how many accounts on a person searches instead of looking. */
const MANY = 9
/** Drawn at once; more are a click away. */
const DRAWN = 100

/** The first screen: all accounts, and what concerns them all. */
export function AccountsPage({ overview }: { overview: Overview }): JSX.Element {
  const [isAdding, setAdding] = useState(false)
  const { accounts, types, vault, app } = overview
  const add = (
    <Button kind="primary" icon="add" isDisabled={vault.locked} onClick={() => setAdding(true)}>
      Add account
    </Button>
  )
  return (
    <>
      <header class="page-head">
        <div class="page-head-text">
          <Heading title={overview.title}>{overview.title}</Heading>
          <p class="detail">{app.name ?? app.id}</p>
        </div>
        {types.length > 0 && accounts.length > 0 && add}
      </header>
      <VaultBanner vault={vault} />
      {accounts.length === 0 ? <NoAccounts overview={overview} action={add} /> : <AccountList overview={overview} />}
      {overview.sync !== undefined && accounts.length > 0 && <MasterSwitch sync={overview.sync} />}
      <VaultLink overview={overview} />
      {isAdding && <AddAccountDialog types={types} onClose={() => setAdding(false)} />}
    </>
  )
}

function NoAccounts({ overview, action }: { overview: Overview; action: JSX.Element }): JSX.Element {
  const canAdd = overview.types.length > 0
  return (
    <section class="card empty">
      <span class="empty-icon">
        <Icon name="person" size={40} />
      </span>
      <h2>No accounts yet</h2>
      <p>
        {canAdd
          ? 'Add one, and the apps that share this vault can work with it. You sign in at the service itself; no app sees your password.'
          : 'Accounts appear here when an app adds them.'}
      </p>
      {canAdd && action}
    </section>
  )
}

function AccountList({ overview: { accounts, total } }: { overview: Overview }): JSX.Element {
  const [wanted, setWanted] = useState('')
  const [isWhole, setWhole] = useState(false)
  const found = useMemo(() => matching(accounts, wanted), [accounts, wanted])
  const drawn = isWhole ? found : found.slice(0, DRAWN)
  const search = accounts.length >= MANY && (
    <label class="search">
      <Icon name="search" size={18} />
      <span class="hidden">Find an account</span>
      <input
        type="search"
        placeholder="Find an account"
        value={wanted}
        onInput={({ currentTarget }) => setWanted(currentTarget.value)}
      />
    </label>
  )
  return (
    <Section title={`Accounts${total > 1 ? ` (${total.toLocaleString('en')})` : ''}`} aside={search || undefined}>
      <ul class="rows" aria-label="Accounts">
        {drawn.map((card) => (
          <AccountRow key={card.id} card={card} />
        ))}
      </ul>
      {found.length === 0 && <p class="row-note">No account is called so.</p>}
      {drawn.length < found.length && (
        <div class="row-note">
          <Button onClick={() => setWhole(true)}>Show all {found.length.toLocaleString('en')}</Button>
        </div>
      )}
      {isWhole && total > accounts.length && (
        <p class="row-note">
          These are the first {accounts.length.toLocaleString('en')} of {total.toLocaleString('en')} accounts.
        </p>
      )}
    </Section>
  )
}

function AccountRow({ card }: { card: AccountCard }): JSX.Element {
  const { id, name, type, label, hasIcon, isDefault, isSyncing, state } = card
  const words = stateWords(card)
  return (
    <li>
      <a class="row" href={accountAddress(id)}>
        <Avatar type={type} label={label} hasIcon={hasIcon} />
        <span class="row-text">
          <span class="row-title">
            <AccountName name={name} />
          </span>
          <span class="detail">
            {label}
            {isDefault && ' · Used by default'}
          </span>
        </span>
        {isSyncing && (
          <span class="row-state">
            <Spinner />
            <span class="detail">Syncing</span>
          </span>
        )}
        {state !== 'ok' && <Pill tone={words.tone}>{words.short}</Pill>}
        {state === 'ok' && !isSyncing && <span class="detail row-quiet">{words.short}</span>}
        <Icon name="chevron" size={18} />
      </a>
    </li>
  )
}

function MasterSwitch({ sync }: { sync: NonNullable<Overview['sync']> }): JSX.Element {
  const [isBusy, act] = useAction()
  return (
    <Section title="Synchronisation">
      <Switch
        isOn={sync.master}
        isDisabled={isBusy}
        label="Automatic sync"
        detail={
          sync.master
            ? 'Apps keep your data up to date, as each account’s switches say.'
            : 'Nothing is synced unless you ask for it.'
        }
        onChange={(on) => void act('set-master-sync', { on })}
      />
    </Section>
  )
}

function VaultLink({ overview: { vault } }: { overview: Overview }): JSX.Element {
  const text = vault.locked ? 'Locked' : vault.ok ? 'Unlocked, everything is in order' : 'Needs attention'
  return (
    <Section title="Vault">
      <a class="row" href="#vault">
        <span class={`row-icon ${vault.ok ? 'tone-good' : 'tone-warn'}`}>
          <Icon name={vault.locked ? 'lock' : 'shield'} />
        </span>
        <span class="row-text">
          <span class="row-title">Where your sign-ins are kept</span>
          <span class="detail">{text}</span>
        </span>
        <Icon name="chevron" size={18} />
      </a>
    </Section>
  )
}

/** Those that need the person first, then by service and name. */
function matching(accounts: readonly AccountCard[], wanted: string): AccountCard[] {
  const word = wanted.trim().toLocaleLowerCase()
  const found = accounts.filter(
    ({ name, label }) => name.toLocaleLowerCase().includes(word) || label.toLocaleLowerCase().includes(word),
  )
  return found.sort(
    (one, other) =>
      urgency(one) - urgency(other) || one.label.localeCompare(other.label) || one.name.localeCompare(other.name),
  )
}

function urgency(card: AccountCard): number {
  return { bad: 0, warn: 1, busy: 2, good: 2, quiet: 3 }[stateWords(card).tone]
}
