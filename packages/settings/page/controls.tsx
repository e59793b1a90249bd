import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import { Icon, type IconName, Spinner } from './icon.tsx'
import type { StateWords } from './words.ts'

interface ButtonProps {
  readonly children: ComponentChildren
  readonly onClick?: () => void
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly icon?: IconName
  readonly isBusy?: boolean
  readonly isDisabled?: boolean
  readonly type?: 'button' | 'submit'
  /** When the words beside it are needed to understand the button. */
  readonly label?: string
}

export function Button(props: ButtonProps): JSX.Element {
  const { children, onClick, kind = 'plain', icon, isBusy = false, isDisabled = false, type = 'button', label } = props
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      disabled={isDisabled}
      aria-disabled={isBusy}
      aria-label={label}
      onClick={isBusy ? undefined : onClick}
    >
      {isBusy ? <Spinner /> : icon !== undefined && <Icon name={icon} size={18} />}
      <span>{children}</span>
    </button>
  )
}

interface SwitchProps {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  readonly label: ComponentChildren
  readonly detail?: ComponentChildren
  readonly isDisabled?: boolean
}

/** A setting that takes effect at once. */
export function Switch({ isOn, onChange, label, detail, isDisabled = false }: SwitchProps): JSX.Element {
  const id = useId()
  return (
    <div class="switch-row">
      <label class="switch-text" for={id}>
        <span class="switch-label">{label}</span>
        {detail !== undefined && (
          <span class="detail" id={`${id}-detail`}>
            {detail}
          </span>
        )}
      </label>
      <input
        id={id}
        class="switch"
        type="checkbox"
        role="switch"
        checked={isOn}
        disabled={isDisabled}
        aria-checked={isOn}
        aria-describedby={detail === undefined ? undefined : `${id}-detail`}
        onChange={({ currentTarget }) => {
          const wanted = currentTarget.checked
          // It shows what is stored, not what was clicked.
          currentTarget.checked = isOn
          onChange(wanted)
        }}
      />
    </div>
  )
}

const PILL_ICONS: Readonly<Partial<Record<StateWords['tone'], IconName>>> = {
  good: 'check',
  warn: 'alert',
  bad: 'alert',
}

/** A state in a few words. Colour only repeats what the words and the icon say. */
export function Pill({ tone, children }: { tone: StateWords['tone']; children: ComponentChildren }): JSX.Element {
  const icon = PILL_ICONS[tone]
  return (
    <span class={`pill pill-${tone}`}>
      {tone === 'busy' && <Spinner size={14} />}
      {icon !== undefined && <Icon name={icon} size={14} />}
      {children}
    </span>
  )
}

interface NoticeProps {
  readonly tone: 'info' | 'warn' | 'bad'
  readonly title: string
  readonly children?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly isAlert?: boolean
}

export function Notice({ tone, title, children, actions, isAlert = false }: NoticeProps): JSX.Element {
  return (
    <div class={`banner banner-${tone}`} role={isAlert ? 'alert' : undefined}>
      <Icon name={tone === 'info' ? 'shield' : 'alert'} />
      <div class="banner-text">
        <p class="banner-title">{title}</p>
        {children}
      </div>
      {actions !== undefined && <div class="banner-actions">{actions}</div>}
    </div>
  )
}

/** A card with a heading. */
export function Section(props: {
  title: string
  children: ComponentChildren
  aside?: ComponentChildren
  hint?: string
}): JSX.Element {
  const id = useId()
  return (
    <section aria-labelledby={id} class="section">
      <div class="section-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </div>
      {props.hint !== undefined && <p class="section-hint">{props.hint}</p>}
      <div class="card">{props.children}</div>
    </section>
  )
}
