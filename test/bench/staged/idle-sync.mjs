// Accounts and a sync engine that has nothing to do, with refresh-ahead: what a desktop app keeps open all day.
import { openAccountry } from 'accountry'
import { environmentKey } from 'accountry/keychain'

await openAccountry({
  app: { id: 'com.example.bench' },
  directory: process.argv[2],
  keyProvider: environmentKey({ variable: 'BENCH_VAULT_KEY' }),
  adapters: [
    {
      accountType: 'com.example',
      authority: 'tasks',
      isAlwaysSyncable: true,
      onPerformSync: () => Promise.resolve(),
    },
  ],
})
process.stdin.resume()
process.stdout.write('open')
