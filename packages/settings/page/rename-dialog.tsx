import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AccountCard, ShownError } from '../src/model.ts'
import { post, RequestFailed } from './api.ts'
import { Button } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { FieldError, TextField } from './fields.tsx'
import { useSession } from './use-session.ts'

export function RenameDialog({ card, onClose }: { card: AccountCard; onClose: () => void }): JSX.Element {
  const session = useSession()
  const [name, setName] = useState(card.name)
  const [error, setError] = useState<ShownError>()
  const [isBusy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    if (name === card.name) return onClose()
    setBusy(true)
    try {
      await post('rename', { account: card.id, name })
      session.announce(`The account is called ${name} now`)
      onClose()
    } catch (failure) {
      if (!(failure instanceof RequestFailed)) onClose()
      else setError(failure.shown)
    }
    setBusy(false)
    await session.refresh()
  }
  return (
    <Dialog title="Rename account" onCancel={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <p>The name is yours to choose; at {card.label} nothing changes.</p>
        <TextField label="Name" value={name} onInput={setName} isRequired isFocused />
        <FieldError error={error} />
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
