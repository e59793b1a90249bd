import { join } from 'node:path'
import { openAccountry } from 'accountry'
import { createAccountsCommand } from 'accountry/command'
import { fileKey } from 'accountry/keychain'

// An app "agenda" with the accounts commands as a part of its own: agenda accounts <command>
const folder = process.env['VAULT_FOLDER'] ?? ''
const [part, ...args] = process.argv.slice(2)

if (part === 'accounts') {
  const command = createAccountsCommand({
    name: 'agenda accounts',
    open: () =>
      openAccountry({
        app: { id: 'com.example.agenda', system: true },
        directory: join(folder, 'accountry', 'agenda'),
        keyProvider: fileKey({ path: join(folder, 'key') }),
      }),
  })
  process.exitCode = await command.run(args)
}
