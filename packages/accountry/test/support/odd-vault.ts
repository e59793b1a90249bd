import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authenticator, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'

/** Names that people and attackers choose, and that a shell or a terminal could stumble over. */
const ODD_NAMES = [
  '--all',
  'my work',
  '日本語 太郎',
  '$(touch pwned)',
  "it's; rm",
  'a*b',
  '🎉',
  'שלום',
  '`id`',
  '\\back',
]

/** A vault "agenda" whose accounts have odd names, and passwords that must show up nowhere. */
export async function makeOddVault(folder: string): Promise<void> {
  const directory = join(folder, 'accountry', 'agenda')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await using app = await openAccountry({
    app: { id: 'com.example.agenda' },
    directory,
    keyProvider: fileKey({ path: join(folder, 'key') }),
    authenticators: [served('com.example'), served('com.odd')],
  })
  await app.accounts.addAccountExplicitly({ type: 'com.example', name: 'ana@example.com' }, { password: 'canary' })
  for (const name of ODD_NAMES) {
    await app.accounts.addAccountExplicitly({ type: 'com.odd', name }, { password: 'canary' })
  }
}

function served(type: string): Authenticator {
  return {
    description: { type, label: type },
    addAccount: async () => ({ name: 'nobody' }),
    getAuthToken: async () => ({ value: 'canary' }),
  }
}
