import type { JSX } from 'preact'
import type { AccountTypeView } from '../src/model.ts'
import { Avatar } from './avatar.tsx'
import { Button } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { useSession } from './use-session.ts'

interface DialogProps {
  readonly types: readonly AccountTypeView[]
  readonly onClose: () => void
}

/** Which kind of account? Android's list of account types. */
export function AddAccountDialog({ types, onClose }: DialogProps): JSX.Element {
  const session = useSession()
  const add = (type: string): void => {
    onClose()
    void session.act('add-account', { type })
  }
  return (
    <Dialog title="Add an account" onCancel={onClose}>
      <p>Which service is it with?</p>
      <ul class="choices">
        {types.map(({ type, label, hasIcon }) => (
          <li key={type}>
            <button type="button" class="choice" onClick={() => add(type)}>
              <Avatar type={type} label={label} hasIcon={hasIcon} />
              <span class="row-text">
                <span class="row-title">{label}</span>
                <span class="detail">{type}</span>
              </span>
              <Icon name="chevron" size={18} />
            </button>
          </li>
        ))}
      </ul>
      <div class="dialog-actions">
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  )
}
