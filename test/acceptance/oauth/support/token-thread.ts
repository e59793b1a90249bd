import { parentPort, workerData } from 'node:worker_threads'
import { openExampleVault, type VaultPlace } from '../../../e2e/support/example-vault.ts'

export interface ThreadData {
  readonly place: VaultPlace
  readonly accountId: string
}

/** Gets one token in a thread of its own. */
async function main({ place, accountId }: ThreadData): Promise<void> {
  await using manager = await openExampleVault(place)
  const { value } = await manager.getAuthToken(accountId, 'tasks')
  parentPort?.postMessage(value)
}

void main(workerData as ThreadData)
