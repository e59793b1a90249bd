import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { QuestionView, ShownError, ShownField } from '../src/model.ts'
import { post, RequestFailed } from './api.ts'
import { Button } from './controls.tsx'
import { FieldError, TextField } from './fields.tsx'
import { Icon, Spinner } from './icon.tsx'
import { useNow, useSession } from './use-session.ts'

interface QuestionProps {
  readonly question: QuestionView
  readonly onCancel: () => void
}

/** Something that only the person can do. */
export function Question({ question, onCancel }: QuestionProps): JSX.Element {
  switch (question.kind) {
    case 'browser':
      return <SignInLink {...question} onCancel={onCancel} />
    case 'device-code':
      return <DeviceCode {...question} onCancel={onCancel} />
    case 'form':
      return <Form id={question.id} fields={question.fields} onCancel={onCancel} />
    case 'passphrase':
      return <Passphrase {...question} onCancel={onCancel} />
    case 'choice':
      return <Choice id={question.id} candidates={question.candidates} onCancel={onCancel} />
    case 'grant':
      return <Grant {...question} />
  }
}

/** A link to the service, in a new tab: this page waits here and goes on by itself. */
function Outward({ url, children }: { url: string; children: ComponentChildren }): JSX.Element {
  const ref = useRef<HTMLAnchorElement>(null)
  useLayoutEffect(() => ref.current?.focus(), [])
  // The manager has checked it; a handler that is called by somebody else has not been.
  if (!/^https?:/.test(url)) return <span class="code">{url}</span>
  return (
    <a ref={ref} data-first="" class="button button-primary" href={url} target="_blank" rel="noopener noreferrer">
      <span>
        {children}
        <span class="hidden"> (opens in a new tab)</span>
      </span>
      <Icon name="external" size={18} />
    </a>
  )
}

function Waiting({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <p class="waiting" role="status">
      <Spinner />
      {children}
    </p>
  )
}

function SignInLink(props: { url: string; host: string; isOpened: boolean; onCancel: () => void }): JSX.Element {
  const { url, host, isOpened, onCancel } = props
  return (
    <>
      <p>
        {isOpened ? 'Your browser has opened ' : 'You sign in at '}
        <strong>{host}</strong>. {isOpened ? 'If it did not, use the link.' : 'No app sees your password.'}
      </p>
      <Waiting>When you are done there, this page goes on by itself.</Waiting>
      <div class="dialog-actions">
        <Button onClick={onCancel}>Cancel</Button>
        <Outward url={url}>{isOpened ? 'Open it here' : 'Continue to sign in'}</Outward>
      </div>
    </>
  )
}

function DeviceCode(props: {
  userCode: string
  verificationUri: string
  verificationUriComplete?: string
  expiresAt: number
  onCancel: () => void
}): JSX.Element {
  const { userCode, verificationUri, verificationUriComplete, expiresAt, onCancel } = props
  const now = useNow()
  const minutes = Math.max(0, Math.ceil((expiresAt - now) / 60_000))
  return (
    <>
      <p>Open this address on any device, and enter the code there:</p>
      <p class="device-address">{verificationUri}</p>
      <p class="device-code">{userCode}</p>
      <Waiting>
        {minutes > 0
          ? `The code works for ${minutes === 1 ? 'one minute' : `${minutes} minutes`} more.`
          : 'The code has expired.'}
      </Waiting>
      <div class="dialog-actions">
        <Button onClick={onCancel}>Cancel</Button>
        <Outward url={verificationUriComplete ?? verificationUri}>Open it here</Outward>
      </div>
    </>
  )
}

/** Sends an answer and shows what the server says about it. */
function useAnswer(id: string): {
  error: ShownError | undefined
  isBusy: boolean
  answer: (fields: object) => Promise<void>
} {
  const session = useSession()
  const [error, setError] = useState<ShownError>()
  const [isBusy, setBusy] = useState(false)
  const answer = async (fields: object): Promise<void> => {
    setBusy(true)
    try {
      await post('answer', { question: id, ...fields })
      setError(undefined)
    } catch (failure) {
      if (failure instanceof RequestFailed) setError(failure.shown)
    }
    setBusy(false)
    await session.refresh()
  }
  return { error, isBusy, answer }
}

interface FormProps {
  readonly id: string
  readonly fields: readonly ShownField[]
  readonly submit?: string
  /** What is wrong with the values, before they are sent; typed once wrong and once right is no answer. */
  readonly complaintOf?: (values: Readonly<Record<string, string>>) => string | undefined
  readonly children?: ComponentChildren
  readonly onCancel: () => void
}

function Form({ id, fields, submit = 'Sign in', complaintOf, children, onCancel }: FormProps): JSX.Element {
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(fields.map(({ name, value }) => [name, value ?? ''])),
  )
  const [complaint, setComplaint] = useState<string>()
  const { error, isBusy, answer } = useAnswer(id)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const found = complaintOf?.(values)
        setComplaint(found)
        if (found === undefined) void answer({ values })
      }}
    >
      {children}
      {fields.map(({ name, label, secret, required }, index) => (
        <TextField
          key={name}
          label={label}
          value={values[name] ?? ''}
          isSecret={secret}
          isRequired={required}
          isFocused={index === 0}
          onInput={(value) => setValues((before) => ({ ...before, [name]: value }))}
        />
      ))}
      <FieldError error={complaint === undefined ? error : { code: 'ERR_BAD_REQUEST', message: complaint }} />
      <div class="dialog-actions">
        <Button onClick={onCancel}>Cancel</Button>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {submit}
        </Button>
      </div>
    </form>
  )
}

const PASSPHRASE_FIELD: ShownField = { name: 'passphrase', label: 'Passphrase', secret: true, required: true }
const REPEATED_FIELD: ShownField = { name: 'repeated', label: 'The same once more', secret: true, required: true }

function Passphrase(props: { id: string; attempt: number; create: boolean; onCancel: () => void }): JSX.Element {
  const { id, attempt, create, onCancel } = props
  return (
    <Form
      id={id}
      fields={create ? [PASSPHRASE_FIELD, REPEATED_FIELD] : [PASSPHRASE_FIELD]}
      submit={create ? 'Set passphrase' : 'Unlock'}
      complaintOf={({ passphrase, repeated }) =>
        create && passphrase !== repeated ? 'The two passphrases differ' : undefined
      }
      onCancel={onCancel}
    >
      <p>
        {create
          ? 'Choose a passphrase for the vault. Nobody can restore it: write it down where it is safe.'
          : attempt > 1
            ? 'That was not it. Try once more.'
            : 'Enter the passphrase with which the vault was made.'}
      </p>
    </Form>
  )
}

interface ChoiceProps {
  readonly id: string
  readonly candidates: readonly { readonly id: string; readonly name: string; readonly type: string }[]
  readonly onCancel: () => void
}

function Choice({ id, candidates, onCancel }: ChoiceProps): JSX.Element {
  const { error, isBusy, answer } = useAnswer(id)
  return (
    <>
      <p>Which account should be used?</p>
      <ul class="choices">
        {candidates.map((account) => (
          <li key={account.id}>
            <button
              type="button"
              class="choice"
              aria-disabled={isBusy}
              onClick={() => void answer({ account: account.id })}
            >
              <span class="row-text">
                <span class="row-title">
                  <bdi>{account.name}</bdi>
                </span>
                <span class="detail">{account.type}</span>
              </span>
              <Icon name="chevron" size={18} />
            </button>
          </li>
        ))}
      </ul>
      <FieldError error={error} />
      <div class="dialog-actions">
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </>
  )
}

function Grant(props: { id: string; principal: string; accountName: string; label: string }): JSX.Element {
  const { id, principal, accountName, label } = props
  const { error, isBusy, answer } = useAnswer(id)
  return (
    <>
      <p>
        May{' '}
        <strong>
          <bdi>{principal}</bdi>
        </strong>{' '}
        use{' '}
        <strong>
          <bdi>{label}</bdi>
        </strong>{' '}
        of{' '}
        <strong>
          <bdi>{accountName}</bdi>
        </strong>
        ?
      </p>
      <FieldError error={error} />
      <div class="dialog-actions">
        <Button isBusy={isBusy} onClick={() => void answer({ allowed: false })}>
          Do not allow
        </Button>
        <Button kind="primary" isBusy={isBusy} onClick={() => void answer({ allowed: true })}>
          Allow
        </Button>
      </div>
    </>
  )
}
