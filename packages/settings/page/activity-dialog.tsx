import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ActivityView, Overview, QuestionView } from '../src/model.ts'
import { post } from './api.ts'
import { Button, Notice } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { FieldError } from './fields.tsx'
import { Spinner } from './icon.tsx'
import { Question } from './question.tsx'
import { useSession, useSessionState } from './use-session.ts'

/** Shows what this browser has started, and whatever else waits for the person: one after the other. */
export function ActivityDialogs({ overview }: { overview: Overview }): JSX.Element | null {
  const { followed } = useSessionState()
  const activities = overview.activities.filter(({ id }) => followed.includes(id))
  const [activity] = activities
  if (activity !== undefined) return <ActivityDialog key={activity.id} activity={activity} overview={overview} />
  // A question of an activity is shown where that was started; one that an app asked, everywhere.
  const question = overview.questions.find((each) => each.activity === undefined)
  return question === undefined ? null : <LooseQuestion key={question.id} question={question} />
}

function ActivityDialog({ activity, overview }: { activity: ActivityView; overview: Overview }): JSX.Element | null {
  const session = useSession()
  const { id, state, error } = activity
  const words = wordsFor(activity, overview)
  const isOver = state === 'canceled' || (state === 'done' && !isRefusal(activity))
  useEffect(() => {
    if (!isOver) return
    session.announce(state === 'done' ? words.done : 'Cancelled')
    session.unfollow(id)
    if (state === 'done') goOn(activity)
  }, [isOver])
  if (isOver) return null
  const question = overview.questions.find((each) => each.activity === id)
  const cancel = (): void => {
    if (state === 'running') void post('cancel', { activity: id }).catch(() => undefined)
    session.unfollow(id)
  }
  return (
    <Dialog title={words.title} onCancel={cancel}>
      {state === 'running' && question !== undefined && <Question question={question} onCancel={cancel} />}
      {state === 'running' && question === undefined && (
        <>
          <p class="waiting" role="status">
            <Spinner />
            {words.waiting}
          </p>
          <div class="dialog-actions">
            <Button onClick={cancel}>Cancel</Button>
          </div>
        </>
      )}
      {state !== 'running' && (
        <>
          {isRefusal(activity) ? <p role="alert">{words.refused}</p> : <FieldError error={error} />}
          <div class="dialog-actions">
            <Button kind="primary" onClick={() => session.unfollow(id)}>
              Close
            </Button>
          </div>
        </>
      )}
    </Dialog>
  )
}

/** What was started in another tab, or before this page was loaded again, and still waits. */
export function WaitingBanners({ overview }: { overview: Overview }): JSX.Element {
  const session = useSession()
  const { followed } = useSessionState()
  const waiting = overview.activities.filter(({ id, state }) => state === 'running' && !followed.includes(id))
  return (
    <>
      {waiting.map((activity) => (
        <Notice
          key={activity.id}
          tone="info"
          title={wordsFor(activity, overview).title}
          actions={
            <Button kind="primary" onClick={() => session.follow(activity.id)}>
              Go on
            </Button>
          }
        >
          <p>It was started before, and waits for you.</p>
        </Notice>
      ))}
    </>
  )
}

function LooseQuestion({ question }: { question: QuestionView }): JSX.Element {
  const dismiss = (): void => void post('dismiss', { question: question.id }).catch(() => undefined)
  return (
    <Dialog title="An app needs you" onCancel={dismiss}>
      <Question question={question} onCancel={dismiss} />
    </Dialog>
  )
}

/** It ended, but not as the person wished. */
function isRefusal({ state, result }: ActivityView): boolean {
  return state === 'done' && (result === 'denied' || result === 'locked')
}

/** To where the person looks next. */
function goOn({ kind, result }: ActivityView): void {
  if (kind === 'add' && result !== undefined) location.hash = `#account=${result}`
  if (kind === 'remove') location.hash = '#accounts'
}

interface Words {
  readonly title: string
  readonly waiting: string
  readonly done: string
  readonly refused?: string
}

function wordsFor({ kind, type, account }: ActivityView, overview: Overview): Words {
  const label = overview.types.find((each) => each.type === type)?.label ?? 'the service'
  const card = overview.accounts.find(({ id }) => id === account)
  const name = card?.name ?? 'the account'
  switch (kind) {
    case 'add':
      return { title: `Sign in to ${label}`, waiting: `Asking ${label}…`, done: `The account of ${label} is here` }
    case 'reauthenticate':
      return {
        title: `Sign in again to ${card?.label ?? 'the service'}`,
        waiting: `Asking ${card?.label ?? 'the service'}…`,
        done: `${name} is signed in again`,
      }
    case 'remove':
      return {
        title: 'Remove account',
        waiting: `Removing ${name}…`,
        done: 'The account is removed',
        refused: `${name} was not removed: its app does not allow that now.`,
      }
    case 'unlock':
      return {
        title: 'Unlock the vault',
        waiting: 'Asking the keychain. Look for its window if nothing happens here.',
        done: 'The vault is unlocked',
        refused: 'The vault is still locked. Start the keychain of this computer, or try again.',
      }
  }
}
