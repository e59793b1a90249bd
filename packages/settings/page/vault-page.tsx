import type { JSX } from 'preact'
import type { Overview, VaultView } from '../src/model.ts'
import { BackLink } from './back-link.tsx'
import { Button, Notice, Pill, Section } from './controls.tsx'
import { Heading } from './heading.tsx'
import { useAction } from './use-session.ts'
import { VaultBanner } from './vault-banner.tsx'
import { protectionText, sentence } from './words.ts'

/** How the accounts are kept, and what is wrong with that. */
export function VaultPage({ overview }: { overview: Overview }): JSX.Element {
  const { vault, title } = overview
  const warnings = vault.ok ? vault.problems : vault.problems.slice(1)
  return (
    <>
      <BackLink />
      <header class="page-head">
        <div class="page-head-text">
          <Heading title={`Vault · ${title}`}>Vault</Heading>
          <p class="detail">The sign-ins of your accounts are encrypted here. No page and no log shows them.</p>
        </div>
        {!vault.locked && <LockButton />}
      </header>
      <VaultBanner vault={vault} />
      {warnings.map(({ code, message, fix }) => (
        <Notice key={`${code} ${message}`} tone="warn" title={sentence(message)}>
          <p>{sentence(fix)}</p>
        </Notice>
      ))}
      <Keys providers={vault.providers} />
      <Section title="About this vault">
        <dl class="facts">
          <dt>State</dt>
          <dd>{vault.locked ? 'Locked' : 'Unlocked'}</dd>
          <dt>Accounts</dt>
          <dd>
            {vault.accounts.toLocaleString('en')}
            {vault.needsAttention > 0 && `, ${vault.needsAttention.toLocaleString('en')} need you`}
          </dd>
          <dt>Kept</dt>
          <dd>{vault.persistence === 'disk' ? 'On disk' : 'In memory only: gone when the app ends'}</dd>
          <dt>Folder</dt>
          <dd class="code">{vault.directory}</dd>
        </dl>
      </Section>
    </>
  )
}

function LockButton(): JSX.Element {
  const [isBusy, act] = useAction()
  return (
    <Button icon="lock" isBusy={isBusy} onClick={() => void act('lock', {})}>
      Lock now
    </Button>
  )
}

function Keys({ providers }: Pick<VaultView, 'providers'>): JSX.Element {
  return (
    <Section title="What opens it">
      <ul class="rows">
        {providers.map(({ id, protection, usable, why }) => (
          <li key={id} class="row">
            <span class="row-text">
              <span class="row-title code">{id}</span>
              <span class="detail">
                {protectionText(protection)}
                {why !== undefined && ` · ${sentence(why)}`}
              </span>
            </span>
            <Pill tone={usable ? (protection === 'none' ? 'warn' : 'good') : 'quiet'}>
              {usable ? 'Usable here' : 'Not usable here'}
            </Pill>
          </li>
        ))}
        {providers.length === 0 && <li class="row-note">Nothing yet: the first account makes a key.</li>}
      </ul>
    </Section>
  )
}
