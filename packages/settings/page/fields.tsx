import type { JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import type { ShownError } from '../src/model.ts'
import { Icon } from './icon.tsx'
import { adviceFor, sentence } from './words.ts'

interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly isSecret?: boolean
  readonly isRequired?: boolean
  /** Takes the focus when it appears. */
  readonly isFocused?: boolean
}

export function TextField(props: TextFieldProps): JSX.Element {
  const { label, value, onInput, isSecret = false, isRequired = false, isFocused = false } = props
  const id = useId()
  const ref = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    if (isFocused) ref.current?.focus()
  }, [isFocused])
  const attributes = {
    id,
    ref,
    value,
    required: isRequired,
    dir: 'auto',
    autocomplete: 'off',
    spellcheck: false,
    'data-first': isFocused ? '' : undefined,
    onFocus: ({ currentTarget }: { currentTarget: HTMLInputElement }) => currentTarget.select(),
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onInput(currentTarget.value),
  } as const
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isSecret ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
    </div>
  )
}

export function FieldError({ error }: { error: ShownError | undefined }): JSX.Element {
  return (
    <div role="alert">
      {error !== undefined && (
        <p class="field-error">
          <Icon name="alert" size={18} />
          <span>
            {sentence(error.message)} {adviceFor(error)}
          </span>
        </p>
      )}
    </div>
  )
}
