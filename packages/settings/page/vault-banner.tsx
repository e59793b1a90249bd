import type { JSX } from 'preact'
import type { VaultView } from '../src/model.ts'
import { Button, Notice } from './controls.tsx'
import { useAction } from './use-session.ts'
import { sentence } from './words.ts'

/** What stands in the way of everything: a vault that is locked or damaged. */
export function VaultBanner({ vault }: { vault: VaultView }): JSX.Element | null {
  const [isBusy, act] = useAction()
  const [problem] = vault.problems
  if (vault.ok || problem === undefined) return null
  const unlock = (
    <Button kind="primary" icon="key" isBusy={isBusy} onClick={() => void act('unlock', {})}>
      Unlock
    </Button>
  )
  return (
    <Notice
      tone="warn"
      title={vault.locked ? 'Your accounts are locked' : sentence(problem.message)}
      actions={vault.locked ? unlock : undefined}
    >
      {vault.locked && <p>{sentence(problem.message)}</p>}
      <p>{sentence(problem.fix)}</p>
    </Notice>
  )
}
