// The app of this story: it keeps the tasks of each account in a local file. Every process of it opens the same vault.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Account,
  type Accountry,
  createOAuthAuthenticator,
  type InteractionHandler,
  openAccountry,
} from 'accountry'
import { fileKey, firstAvailable, osKeychain } from 'accountry/keychain'

/** Where everything is, in a form that another process can be told. */
export interface Place {
  readonly folder: string
  readonly issuer: string
  readonly clientId: string
  readonly api: string
  /** Take a file for the key although there is an OS keychain: it is locked, and nobody is here to unlock it. */
  readonly withoutKeychain: boolean
}

export interface OpenAgendaOptions {
  readonly interaction?: InteractionHandler
  readonly fetch?: typeof fetch
}

export function openAgenda(place: Place, options: OpenAgendaOptions = {}): Promise<Accountry> {
  const { folder, issuer, clientId, api, withoutKeychain } = place
  const file = fileKey({ path: join(folder, 'vault.key') })
  const agenda = openAccountry({
    app: { id: 'com.example.agenda' },
    directory: join(folder, 'vault'),
    // The vault takes the first rung that there is when it is made, and no other one ever after.
    keyProvider: withoutKeychain ? file : firstAvailable([osKeychain(), file]),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer,
        clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [api] } },
      }),
    ],
    adapters: [
      {
        accountType: 'com.example',
        authority: 'tasks',
        isAlwaysSyncable: true,
        // The service of this story is on this machine.
        network: 'none',
        async onPerformSync({ account, signal, result }) {
          const tasks = await fetchTasks(await agenda, place, account, signal)
          await mkdir(join(folder, 'tasks'), { recursive: true })
          await writeFile(taskFile(place, account), JSON.stringify(tasks, undefined, 2))
          result.stats.numEntries = tasks.length
        },
      },
    ],
    // Nothing is renewed behind the story's back.
    background: false,
    ...options,
  })
  return agenda
}

export function taskFile({ folder }: Place, account: Account): string {
  return join(folder, 'tasks', `${account.name}.json`)
}

export async function fetchTasks(
  agenda: Accountry,
  { api }: Place,
  account: Account,
  signal?: AbortSignal,
): Promise<{ title: string }[]> {
  const response = await agenda.fetch(account, 'tasks')(`${api}/tasks`, signal ? { signal } : {})
  if (!response.ok) throw new Error(`the task API answered ${response.status}`)
  return (await response.json()) as { title: string }[]
}
