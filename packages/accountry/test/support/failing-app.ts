import { type Authenticator, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'

// An app that renews a token and, in the middle of it, dies or never ends: node failing-app.ts <folder> die|hang
const [folder = '', how] = process.argv.slice(2)

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async () => ({ name: 'ana@example.com', password: 'refresh' }),
  getAuthToken: async () => {
    if (how === 'die') process.kill(process.pid, 'SIGKILL')
    process.stdout.write('asking\n')
    setInterval(() => undefined, 1_000)
    return await new Promise(() => undefined)
  },
}

const app = await openAccountry({
  app: { id: 'com.example.agenda' },
  directory: `${folder}/accountry/agenda`,
  keyProvider: fileKey({ path: `${folder}/key` }),
  authenticators: [authenticator],
})
const account = await app.accounts.addAccount('com.example')
await app.accounts.getAuthToken(account, 'tasks', { forceRefresh: true })
