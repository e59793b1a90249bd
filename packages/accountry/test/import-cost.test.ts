import { describe, expect, test } from 'vitest'
import { runScript } from './support/run-script.ts'

const HEAVY = /commander|clack|^open$|jose|keyring|p-queue|axios|oidc-provider/

describe('importing', () => {
  test.each(['accountry', 'accountry/keychain', 'accountry/http', 'accountry/providers/google', 'accountry/command'])(
    '%s loads nothing heavy before it is used, and can be required',
    async (entry) => {
      const script = new URL('support/loaded-modules.ts', import.meta.url)
      const { code, output, errors } = await runScript(script, { args: [entry] })
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      const { loaded, exported } = JSON.parse(output) as { loaded: string[]; exported: string[] }
      expect(exported).not.toEqual([])
      expect(loaded).toContain(entry)
      const heavy = loaded.filter((name) => HEAVY.test(name))
      expect(heavy).toEqual(entry === 'accountry/command' ? ['commander'] : [])
    },
  )
})
