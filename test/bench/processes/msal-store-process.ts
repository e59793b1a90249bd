import { connectToTest } from '@accountry/testing'
import { createMsal, MSAL_SCOPES, signInToMsal } from '../peers/msal.ts'
import { msalFilePlugin } from '../peers/msal-extensions.ts'

export interface MsalStoreJob {
  readonly file: string
  /** The numbers of the accounts to sign in begin here. */
  readonly first: number
  readonly forMs: number
}

/** The accounts whose sign-in MSAL has acknowledged, and how many calls it refused. */
export interface MsalStoreAnswer {
  readonly acknowledged: number
  readonly refused: number
}

const READS_PER_SIGN_IN = 3

// Signs accounts in and reads cached tokens in between, as programs do.
const harness = connectToTest<MsalStoreJob, MsalStoreAnswer>()
const { file, first, forMs } = await harness.next()
const app = createMsal({ cachePlugin: await msalFilePlugin(file) })
await harness.barrier()
const endsAt = Date.now() + forMs
let [acknowledged, refused] = [0, 0]
while (Date.now() < endsAt) {
  try {
    const account = await signInToMsal(app, `refresh-token-${first + acknowledged}`)
    acknowledged += 1
    for (let read = 0; read < READS_PER_SIGN_IN; read++) await app.acquireTokenSilent({ account, scopes: MSAL_SCOPES })
  } catch {
    refused += 1
  }
}
await harness.send({ acknowledged, refused })
process.exit()
