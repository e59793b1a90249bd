import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { silentAuthenticator } from '../processes/silent-authenticator.ts'
import type { Write, WriterMessage } from '../processes/writer.ts'
import type { ChaosContext, ChaosReport, Scenario } from '../scenario.ts'
import { makeScratch, type Scratch } from '../scratch.ts'

const WRITERS = 4
const LONGEST_LIFE_MS = 120

/** What is known of each account: the last acknowledged value, and the one that was on its way. */
class Ledger {
  readonly acknowledged = new Map<string, string | undefined>()
  readonly onTheWay = new Map<string, Write>()
  acknowledgements = 0

  note(message: WriterMessage): void {
    if ('begin' in message) this.onTheWay.set(message.begin.name, message.begin)
    if (!('done' in message)) return
    this.acknowledgements += 1
    this.acknowledged.set(message.done.name, message.done.value)
    this.onTheWay.delete(message.done.name)
  }

  /** After a death the write that was on its way counts as possible until the next one is acknowledged. */
  allows(name: string, found: string | undefined): boolean {
    const pending = this.onTheWay.get(name)
    return found === this.acknowledged.get(name) || (pending !== undefined && found === pending.value)
  }
}

class WriterProcess {
  readonly failures: string[] = []
  readonly #child: ChildProcess

  constructor(scratch: Scratch, name: string, ledger: Ledger) {
    const script = fileURLToPath(new URL('../processes/writer.ts', import.meta.url))
    this.#child = fork(script, [scratch.directory, scratch.keyFile, name], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message: WriterMessage) => {
      if ('failed' in message) this.failures.push(message.failed)
      else ledger.note(message)
    })
  }

  async kill(): Promise<void> {
    const exited = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await exited
  }
}

export const killedWriters: Scenario = {
  name: 'killed writers',
  promise: 'every acknowledged write is there after a kill, the vault always opens, no account is half-written',
  async run(context: ChaosContext): Promise<ChaosReport> {
    await using scratch = await makeScratch()
    const ledger = new Ledger()
    const violations: string[] = []
    const writers = Array.from({ length: WRITERS }, (_, index) => new WriterProcess(scratch, `writer${index}`, ledger))
    for (let kill = 1; kill <= context.scale.writeKills; kill++) {
      await delay(context.random.below(LONGEST_LIFE_MS))
      const index = context.random.below(WRITERS)
      await writers[index]?.kill()
      violations.push(...(writers[index]?.failures ?? []))
      writers[index] = new WriterProcess(scratch, `writer${index}`, ledger)
      context.progress(`${kill} of ${context.scale.writeKills} kills`)
    }
    // Let every writer get going once more, so that the last restarts count too.
    await delay(1_000)
    for (const writer of writers) {
      await writer.kill()
      violations.push(...writer.failures)
    }
    violations.push(...(await differences(scratch, ledger)))
    return { facts: { kills: context.scale.writeKills + WRITERS, acknowledged: ledger.acknowledgements }, violations }
  },
}

async function differences(scratch: Scratch, ledger: Ledger): Promise<string[]> {
  await using manager = await AccountManager.open({
    app: { id: 'com.example.chaos' },
    directory: scratch.directory,
    keyProvider: fileKey({ path: scratch.keyFile }),
    authenticators: [silentAuthenticator()],
  })
  const found: string[] = []
  const names = new Set([...ledger.acknowledged.keys(), ...ledger.onTheWay.keys()])
  for (const { name } of await manager.getAccounts()) if (!names.has(name)) found.push(`${name} was never written`)
  for (const name of names) {
    const account = await manager.findAccount('com.example', name)
    const password = account === undefined ? undefined : await manager.getPassword(account)
    if (!ledger.allows(name, password)) {
      found.push(`${name} holds ${password}, acknowledged was ${ledger.acknowledged.get(name)}`)
    }
  }
  return found
}
