import { AccountManager, type Authenticator } from '@accountry/accounts'
import { fixedKey } from './fixed-key.ts'

const [directory = '', prefix = ''] = process.argv.slice(2)
const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: () => Promise.reject(new Error('nobody signs in here')),
  getAuthToken: () => Promise.reject(new Error('nobody asks here')),
}

// Adds accounts until it is killed, and says which of them are there.
const manager = await AccountManager.open({
  app: { id: 'com.example.test' },
  directory,
  keyProvider: fixedKey(),
  authenticators: [authenticator],
})
for (let n = 0; ; n++) {
  const name = `${prefix}-${n}`
  await manager.addAccountExplicitly(
    { type: 'com.example', name },
    {
      password: `password of ${name}`,
      userData: { name },
      tokens: { calendar: { value: `token of ${name}` } },
    },
  )
  process.send?.(name)
}
