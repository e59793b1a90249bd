// The same with MSAL and the cache plugin of its documentation: the file, its accounts, the stored token.
import { readFile } from 'node:fs/promises'
import { PublicClientApplication } from '@azure/msal-node'

const [file, setup] = process.argv.slice(2)
const { configuration, account, scopes } = JSON.parse(setup)
const app = new PublicClientApplication({
  ...configuration,
  cache: {
    cachePlugin: {
      beforeCacheAccess: async ({ tokenCache }) => tokenCache.deserialize(await readFile(file, 'utf8')),
      afterCacheAccess: async () => undefined,
    },
  },
})
const { accessToken } = await app.acquireTokenSilent({ account, scopes })
process.stdout.write(accessToken)
