import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AccountCard, AccountDetails, Overview } from '../src/model.ts'
import { AccountName } from './account-name.tsx'
import { AppsSection } from './apps-section.tsx'
import { AuthoritiesSection } from './authorities-section.tsx'
import { Avatar } from './avatar.tsx'
import { BackLink } from './back-link.tsx'
import { Button, Notice, Pill, Section, Switch } from './controls.tsx'
import { FactsSection } from './facts-section.tsx'
import { Heading } from './heading.tsx'
import { HistorySection } from './history-section.tsx'
import { Spinner } from './icon.tsx'
import { RemoveDialog } from './remove-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import { relativeTime } from './times.ts'
import { useAction, useNow, useSession, useSessionState } from './use-session.ts'
import { VaultBanner } from './vault-banner.tsx'
import { adviceFor, canSignInAgain, reasonText, sentence, stateWords } from './words.ts'

/** One account, with everything that can be seen and done. */
export function AccountPage({ id, overview }: { id: string; overview: Overview }): JSX.Element {
  const session = useSession()
  const { shown } = useSessionState()
  useEffect(() => {
    session.show(id)
    return () => session.show(undefined)
  }, [session, id])
  const current = shown?.id === id ? shown : undefined
  // Just removed from here: the list comes next.
  if (overview.activities.some(({ account, result }) => account === id && result === 'removed')) return <BackLink />
  // The card of the list is there at once; the rest follows.
  const card = current?.details?.card ?? overview.accounts.find((each) => each.id === id)
  return (
    <>
      <BackLink />
      {current?.error !== undefined && (
        <Notice tone="bad" title={sentence(current.error.message)} isAlert>
          <p>{adviceFor(current.error)}</p>
        </Notice>
      )}
      {card === undefined && current?.error === undefined && (
        <p class="notice" aria-busy="true">
          <Spinner />
        </p>
      )}
      {card !== undefined && current?.error === undefined && (
        <AccountScreen key={id} card={card} details={current?.details} overview={overview} />
      )}
    </>
  )
}

interface ScreenProps {
  readonly card: AccountCard
  readonly details: AccountDetails | undefined
  readonly overview: Overview
}

function AccountScreen({ card, details, overview }: ScreenProps): JSX.Element {
  const isOwned = details?.apps !== undefined
  return (
    <>
      <AccountHead card={card} title={overview.title} isOwned={isOwned} />
      <VaultBanner vault={overview.vault} />
      <StateNotice card={card} />
      {details?.authorities !== undefined && (
        <AuthoritiesSection
          account={card.id}
          authorities={details.authorities}
          isMasterOn={overview.sync?.master ?? true}
        />
      )}
      {details?.apps !== undefined && <AppsSection account={card.id} apps={details.apps} />}
      {details?.history !== undefined && details.history.length > 0 && <HistorySection history={details.history} />}
      {details !== undefined && <FactsSection details={details} />}
      {isOwned && <DefaultSection card={card} overview={overview} />}
    </>
  )
}

function AccountHead(props: { card: AccountCard; title: string; isOwned: boolean }): JSX.Element {
  const { card, title, isOwned } = props
  const { id, name, type, label, hasIcon, isServed } = card
  const [open, setOpen] = useState<'rename' | 'remove'>()
  const [isBusy, act] = useAction()
  const words = stateWords(card)
  const isUrgent = canSignInAgain(card)
  return (
    <header class="account-head">
      <Avatar type={type} label={label} hasIcon={hasIcon} isLarge />
      <div class="account-head-text">
        <Heading title={`${name} · ${title}`}>
          <AccountName name={name} />
        </Heading>
        <p class="account-head-facts">
          <span class="detail">{label}</span>
          <Pill tone={words.tone}>{words.short}</Pill>
        </p>
      </div>
      {isOwned && (
        <div class="actions">
          {isServed && (
            <Button
              kind={isUrgent ? 'primary' : 'plain'}
              icon="signIn"
              isBusy={isBusy}
              onClick={() => void act('reauthenticate', { account: id })}
            >
              Sign in again
            </Button>
          )}
          <Button icon="pen" onClick={() => setOpen('rename')}>
            Rename
          </Button>
          <Button kind="danger" icon="trash" onClick={() => setOpen('remove')}>
            Remove
          </Button>
        </div>
      )}
      {open === 'rename' && <RenameDialog card={card} onClose={() => setOpen(undefined)} />}
      {open === 'remove' && <RemoveDialog card={card} onClose={() => setOpen(undefined)} />}
    </header>
  )
}

function StateNotice({ card }: { card: AccountCard }): JSX.Element | null {
  const now = useNow()
  const { sentence: text, tone, short } = stateWords(card)
  if (text === undefined) return null
  const reason = reasonText(card.reason)
  return (
    <Notice tone={tone === 'bad' ? 'bad' : tone === 'warn' ? 'warn' : 'info'} title={short}>
      <p>{text}</p>
      {reason !== undefined && <p>{reason}</p>}
      {card.retryAt !== undefined && card.retryAt > now && <p>It is asked again {relativeTime(card.retryAt, now)}.</p>}
    </Notice>
  )
}

function DefaultSection({ card, overview }: { card: AccountCard; overview: Overview }): JSX.Element | null {
  const [isBusy, act] = useAction()
  const { id, isDefault, label } = card
  if (overview.accounts.filter(({ type }) => type === card.type).length < 2) return null
  return (
    <Section title="Default account">
      <Switch
        isOn={isDefault}
        isDisabled={isBusy}
        label={`Use this account by default for ${label}`}
        detail="Apps take it when they are not told which one."
        onChange={(on) => void act('set-default', { account: id, on })}
      />
    </Section>
  )
}
