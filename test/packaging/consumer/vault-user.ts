// Opens a vault, says what is in it, and adds what it is told. It uses only what every version has had.

import { once } from 'node:events'
import { argv, stdin, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { AccountManager } from '@accountry/accounts'
import { environmentKey } from '@accountry/keychain'

const [directory = ''] = argv.slice(2)
const manager = await AccountManager.open({
  app: { id: 'com.example.consumer' },
  directory,
  keyProvider: environmentKey({ variable: 'CONSUMER_KEY' }),
  authenticators: [
    {
      description: { type: 'com.example', label: 'Example' },
      addAccount: () => Promise.reject(new Error('nobody signs in here')),
      getAuthToken: ({ account }) =>
        Promise.resolve({ value: `token of ${account.name}`, scopes: [], expiresAt: Date.now() + 3_600_000 }),
    },
  ],
})
let heard = 0
manager.on('account:added', ({ source }) => {
  if (source === 'other-process') heard += 1
})

const commands: Record<string, (name: string) => Promise<unknown>> = {
  add: (name) =>
    manager.addAccountExplicitly(
      { type: 'com.example', name },
      { password: `secret of ${name}`, userData: { by: name } },
    ),
  remove: async (name) => {
    const account = await manager.findAccount('com.example', name)
    return account !== undefined && (await manager.removeAccountExplicitly(account))
  },
  list: async () => {
    const accounts = await manager.getAccounts()
    return await Promise.all(
      accounts.map(async (account) => ({
        name: account.name,
        password: await manager.getPassword(account),
        by: await manager.getUserData(account, 'by'),
        token: (await manager.getAuthToken(account, 'any')).value,
      })),
    )
  },
  heard: () => Promise.resolve(heard),
  problems: async () => (await manager.health()).problems.map(({ code }) => code),
  rotate: async () => {
    await manager.rotateKey()
    return true
  },
}

stdout.write('"ready"\n')
for await (const line of createInterface({ input: stdin })) {
  const [command = '', name = ''] = line.split(' ')
  if (!stdout.write(`${JSON.stringify((await commands[command]?.(name)) ?? null)}\n`)) await once(stdout, 'drain')
}
await manager.close()
