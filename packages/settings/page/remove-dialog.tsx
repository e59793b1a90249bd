import type { JSX } from 'preact'
import type { AccountCard } from '../src/model.ts'
import { Button } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { useAction } from './use-session.ts'

export function RemoveDialog({ card, onClose }: { card: AccountCard; onClose: () => void }): JSX.Element {
  const [isBusy, act] = useAction()
  const remove = async (): Promise<void> => {
    await act('remove', { account: card.id })
    onClose()
  }
  return (
    <Dialog title="Remove account?" onCancel={onClose}>
      <p>
        <strong>
          <bdi>{card.name}</bdi>
        </strong>{' '}
        is removed from this computer, and from every app that shares this vault. Its sign-in is ended at {card.label}{' '}
        where the service allows that. Your data at {card.label} stays.
      </p>
      <div class="dialog-actions">
        <Button onClick={onClose}>Keep it</Button>
        <Button kind="danger" icon="trash" isBusy={isBusy} onClick={() => void remove()}>
          Remove account
        </Button>
      </div>
    </Dialog>
  )
}
