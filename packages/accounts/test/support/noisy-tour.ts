import { AccountManager } from '@accountry/accounts'
import { fixedKey } from './keys.ts'

// Has secrets, logs all that it can, and ends with an error that nobody catches.
process.once('message', (secret: string) => {
  void tour(secret)
})

async function tour(secret: string): Promise<void> {
  const manager = await AccountManager.open({
    app: { id: 'com.example.app' },
    keyProvider: fixedKey(),
    directory: process.argv[2] ?? '',
    authenticators: [
      {
        description: { type: 'com.example', label: 'Example' },
        addAccount: () => Promise.reject(new Error(secret)),
        getAuthToken: () => Promise.reject(Object.assign(new Error(secret), { token: secret, code: 'ECONNRESET' })),
        revoke: () => Promise.reject(new Error(secret)),
      },
    ],
  })
  const account = await manager.addAccountExplicitly(
    { type: 'com.example', name: 'ana' },
    { password: secret, userData: { key: secret }, tokens: { calendar: { value: secret } } },
  )
  manager.on('account:updated', () => {
    throw new Error(secret)
  })
  console.log(await manager.getAuthToken(account, 'calendar'), await manager.getAccountInfo(account))
  await manager.setPassword(account, secret)
  await manager.addAccount('com.example').catch(console.error)
  const other = await manager.addAccountExplicitly({ type: 'com.example', name: 'ben' }, { password: secret })
  await manager.removeAccount(other)
  // Not caught: what Node prints of it is what a crash reporter gets.
  await manager.getAuthToken(account, 'mail')
}
