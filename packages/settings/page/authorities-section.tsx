import type { JSX } from 'preact'
import type { AuthorityView, ProgressNotice } from '../src/model.ts'
import { shownText } from '../src/shown-text.ts'
import { Button, Notice, Pill, Section, Switch } from './controls.tsx'
import { Icon } from './icon.tsx'
import { progressKey } from './session.ts'
import { absoluteTime, everyText, relativeTime } from './times.ts'
import { useAction, useNow, useSessionState } from './use-session.ts'
import { sentence, syncWords } from './words.ts'

interface SectionProps {
  readonly account: string
  readonly authorities: readonly AuthorityView[]
  readonly isMasterOn: boolean
}

/** What is synchronised for an account. */
export function AuthoritiesSection({ account, authorities, isMasterOn }: SectionProps): JSX.Element | null {
  const [isBusy, act] = useAction()
  if (authorities.length === 0) return null
  const syncAll = (
    <Button icon="sync" isBusy={isBusy} onClick={() => void act('sync-now', { account })}>
      Sync all now
    </Button>
  )
  return (
    <Section
      title="Sync"
      aside={authorities.length > 1 ? syncAll : undefined}
      {...(!isMasterOn && { hint: 'Automatic sync is off for all accounts. Only “Sync now” syncs.' })}
    >
      <ul class="rows">
        {authorities.map((view) => (
          <AuthorityRow key={view.authority} account={account} view={view} />
        ))}
      </ul>
    </Section>
  )
}

function AuthorityRow({ account, view }: { account: string; view: AuthorityView }): JSX.Element {
  const { authority, automatic, isSyncable, active, pending, deletionsHeld } = view
  const name = shownText(authority)
  const { progress: live } = useSessionState()
  const [isBusy, act] = useAction()
  const words = syncWords(view)
  return (
    <li class="authority">
      <Switch
        isOn={automatic && isSyncable}
        isDisabled={isBusy || !isSyncable}
        label={<bdi>{name}</bdi>}
        detail={<Times view={view} />}
        onChange={(on) => void act('set-automatic', { account, authority, on })}
      />
      {active && <Progress name={name} notice={live.get(progressKey(account, authority))} view={view} />}
      {deletionsHeld !== undefined && <HeldDeletions account={account} authority={authority} count={deletionsHeld} />}
      <div class="authority-foot">
        <Pill tone={words.tone}>{words.text}</Pill>
        {!active && isSyncable && <WhyNot view={view} />}
        <span class="spring" />
        {active || pending ? (
          <Button
            kind="quiet"
            icon="close"
            isBusy={isBusy}
            label={`Cancel sync of ${name}`}
            onClick={() => void act('cancel-sync', { account, authority })}
          >
            Cancel
          </Button>
        ) : (
          <Button
            kind="quiet"
            icon="sync"
            isBusy={isBusy}
            isDisabled={!isSyncable}
            label={`Sync now: ${name}`}
            onClick={() => void act('sync-now', { account, authority })}
          >
            Sync now
          </Button>
        )}
      </div>
    </li>
  )
}

/** When it was synchronised, and when it will be. */
function Times({ view }: { view: AuthorityView }): JSX.Element {
  const now = useNow()
  const { lastSuccessAt } = view
  const parts = [failureText(view, now), nextText(view, now)].filter((part) => part !== undefined)
  return (
    <>
      {lastSuccessAt === undefined ? (
        'Never synced'
      ) : (
        <>
          Synced <time title={absoluteTime(lastSuccessAt)}>{relativeTime(lastSuccessAt, now)}</time>
        </>
      )}
      {parts.map((part) => ` · ${part}`).join('')}
    </>
  )
}

function failureText({ lastFailure, lastFailureAt, lastSuccessAt }: AuthorityView, now: number): string | undefined {
  if (lastFailureAt === undefined || lastFailureAt <= (lastSuccessAt ?? 0)) return undefined
  return `failed ${relativeTime(lastFailureAt, now)}: ${lastFailure?.replaceAll('-', ' ') ?? 'unknown error'}`
}

function nextText({ nextRunAt, periodMs, automatic, active }: AuthorityView, now: number): string | undefined {
  if (active || !automatic) return undefined
  if (nextRunAt !== undefined) return `next ${nextRunAt <= now ? 'in a moment' : relativeTime(nextRunAt, now)}`
  return periodMs === undefined ? undefined : everyText(periodMs)
}

function Progress(props: { name: string; notice: ProgressNotice | undefined; view: AuthorityView }): JSX.Element {
  const { done, total, text } = props.notice?.progress ?? props.view.progress ?? {}
  const isMeasured = done !== undefined && total !== undefined && total > 0
  return (
    <div class="progress">
      <progress
        aria-label={`Progress of ${props.name}`}
        {...(isMeasured && { value: Math.min(done, total), max: total })}
      />
      <span class="detail">
        {text ?? 'Syncing…'}
        {isMeasured && ` (${done.toLocaleString('en')} of ${total.toLocaleString('en')})`}
      </span>
    </div>
  )
}

/** Android's question about many deletions. */
function HeldDeletions(props: { account: string; authority: string; count: number }): JSX.Element {
  const { account, authority, count } = props
  const [isBusy, act] = useAction()
  const answer = (deletions: 'override' | 'discard'): void => {
    void act('answer-deletions', { account, authority, deletions })
  }
  const actions = (
    <>
      <Button kind="danger" isBusy={isBusy} onClick={() => answer('override')}>
        Delete them
      </Button>
      <Button isBusy={isBusy} onClick={() => answer('discard')}>
        Bring them back
      </Button>
    </>
  )
  return (
    <Notice tone="warn" title={`${count.toLocaleString('en')} items would be deleted at the service`} actions={actions}>
      <p>They were deleted on this computer. Was that meant?</p>
    </Notice>
  )
}

function WhyNot({ view: { explanation } }: { view: AuthorityView }): JSX.Element {
  return (
    <details class="why">
      <summary>
        Why not now?
        <Icon name="chevron" size={14} />
      </summary>
      <p>{sentence(explanation.text.replace(/^\w+: /, ''))}</p>
    </details>
  )
}
