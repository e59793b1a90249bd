import type { JSX } from 'preact'
import type { AppAccess } from '../src/model.ts'
import { shownText } from '../src/shown-text.ts'
import { Button, Pill, Section, Switch } from './controls.tsx'
import { Icon } from './icon.tsx'
import { useAction, useSession } from './use-session.ts'

/** Which other apps see the account, and what they may have of it. */
export function AppsSection({ account, apps }: { account: string; apps: readonly AppAccess[] }): JSX.Element {
  return (
    <Section title="Apps with access">
      {apps.length === 0 ? (
        <p class="row-note">
          Only the app that added this account uses it. Other apps that share the vault have to ask you first.
        </p>
      ) : (
        <ul class="rows">
          {apps.map((app) => (
            <AppRow key={app.principal} account={account} app={app} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function AppRow({ account, app }: { account: string; app: AppAccess }): JSX.Element {
  const { principal, visibility, grants } = app
  const [isBusy, act] = useAction()
  const isVisible = visibility === 'visible' || visibility === 'user-managed-visible'
  // The owner's word, which the person cannot change here: as in Android, only user-managed values are hers.
  const isFixed = visibility === 'visible' || visibility === 'not-visible'
  return (
    <li class="app">
      <Switch
        isOn={isVisible}
        isDisabled={isBusy || isFixed}
        label={
          <span class="app-name">
            <Icon name="app" size={18} />
            <bdi>{shownText(principal)}</bdi>
          </span>
        }
        detail={visibilityText(isVisible, isFixed)}
        onChange={(on) => void act('set-visibility', { account, principal, on })}
      />
      {grants.length > 0 && (
        <ul class="grants" aria-label={`What ${shownText(principal)} may use`}>
          {grants.map((grant) => (
            <GrantRow key={grant.authTokenType} account={account} principal={principal} grant={grant} />
          ))}
        </ul>
      )}
    </li>
  )
}

function visibilityText(isVisible: boolean, isFixed: boolean): string {
  if (isFixed)
    return isVisible
      ? 'Sees this account; the app that owns it decided so'
      : 'Does not see this account; the app that owns it decided so'
  return isVisible ? 'Sees this account' : 'Does not see this account'
}

interface GrantProps {
  readonly account: string
  readonly principal: string
  readonly grant: AppAccess['grants'][number]
}

function GrantRow({ account, principal, grant }: GrantProps): JSX.Element {
  const session = useSession()
  const [isBusy, act] = useAction()
  const { label, authTokenType, allowed } = grant
  const revoke = async (): Promise<void> => {
    const isDone = await act('revoke-grant', { account, principal, authTokenType })
    if (isDone) session.announce(`${principal} has to ask again for ${label}`)
  }
  return (
    <li class="grant">
      <span class="grant-text">
        <bdi>{label}</bdi>
        <Pill tone={allowed ? 'good' : 'quiet'}>{allowed ? 'Allowed' : 'Refused'}</Pill>
      </span>
      <Button
        kind={allowed ? 'danger' : 'plain'}
        isBusy={isBusy}
        label={`${allowed ? 'Revoke' : 'Ask again about'} ${label} for ${shownText(principal)}`}
        onClick={() => void revoke()}
      >
        {allowed ? 'Revoke' : 'Ask again'}
      </Button>
    </li>
  )
}
