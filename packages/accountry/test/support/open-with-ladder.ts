import { openAccountry } from 'accountry'
import { fileKey, firstAvailable, osKeychain } from 'accountry/keychain'

// An app that prefers the keychain and takes a file where there is none: node open-with-ladder.ts <folder>
const [folder = ''] = process.argv.slice(2)

await using app = await openAccountry({
  app: { id: 'com.example.agenda' },
  keyProvider: firstAvailable([osKeychain(), fileKey({ path: `${folder}/key` })]),
})
console.log((await app.accounts.health()).providers[0]?.id)
