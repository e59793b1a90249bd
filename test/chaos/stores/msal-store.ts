import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMsal, MSAL_SCOPES, msalAccount, signInToMsal, tokenAnswer } from '../../bench/peers/msal.ts'
import { msalFilePlugin } from '../../bench/peers/msal-extensions.ts'
import type { Store } from './store.ts'

interface MsalFile {
  readonly AccessToken?: Readonly<Record<string, { home_account_id: string; secret: string }>>
}

/** MSAL's cache in its own file persistence with its own lock; the secret is the access token of an account. */
export async function openMsalStore(folder: string): Promise<Store> {
  const file = join(folder, 'msal.json')
  let next = ''
  const app = createMsal({
    cachePlugin: await msalFilePlugin(file),
    refresh: (form) => Promise.resolve({ status: 200, body: tokenAnswer(form.get('refresh_token') ?? '', next) }),
  })
  return {
    async read(name) {
      const { homeAccountId } = msalAccount(numberOf(name))
      const tokens = Object.values((await contentsOf(file)).AccessToken ?? {})
      return tokens.find((token) => token.home_account_id === homeAccountId)?.secret
    },
    async write(name, value) {
      const number = numberOf(name)
      if (value === undefined) return await app.getTokenCache().removeAccount(msalAccount(number))
      next = value
      const account = await signInToMsal(app, `refresh-token-${number}`)
      // As an app does: it reads a token that is in the cache, which is where MSAL's lock is lost.
      await app.acquireTokenSilent({ account, scopes: MSAL_SCOPES })
    },
    names: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
}

async function contentsOf(file: string): Promise<MsalFile> {
  if (!existsSync(file)) return {}
  const text = await readFile(file, 'utf8')
  return text === '' ? {} : (JSON.parse(text) as MsalFile)
}

/** The number that MSAL's account has for `writer2-3`. */
function numberOf(name: string): number {
  const [, writer = '0', slot = '0'] = /(\d+)-(\d+)$/.exec(name) ?? []
  return 1 + Number(writer) * 100 + Number(slot)
}
