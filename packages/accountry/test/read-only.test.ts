import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeOddVault } from './support/odd-vault.ts'
import { vaultFolder } from './support/vault-folder.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
/** A mount that only one process sees needs the rights for it, which a container may not have. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0
if (!canMount) console.warn('no mount can be made here: the tests of a read-only disk are skipped')

describe.skipIf(!canMount)('on a read-only disk', () => {
  let folder: Awaited<ReturnType<typeof vaultFolder>>

  beforeAll(async () => {
    folder = await vaultFolder()
    await makeOddVault(folder.path)
  })

  afterAll(async () => {
    await folder[Symbol.asyncDispose]()
  })

  function accountry(...args: string[]): { code: number | null; output: string; errors: string } {
    const mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    const result = spawnSync('unshare', ['-m', 'sh', '-c', mount, folder.path, process.execPath, bin, ...args], {
      env: { ...process.env, XDG_DATA_HOME: folder.path },
      encoding: 'utf8',
    })
    return { code: result.status, output: result.stdout, errors: result.stderr }
  }

  test.each([
    [['list'], 'ana@example.com'],
    [['sync', 'status'], 'Nothing is synchronised.'],
    [['__complete', '--', 'remove', 'ana'], 'ana@example.com'],
  ])('%j shows what is there', (args, expected) => {
    expect(accountry(...args)).toMatchObject({ code: 0, output: expect.stringContaining(expected), errors: '' })
  })

  test('doctor says what is wrong', () => {
    const { code, output } = accountry('doctor', '--offline')
    expect(code).toBe(1)
    expect(output).toMatch(/✗ the vault is on a read-only disk/)
    expect(output).toContain('Make the folder of the vault writable')
  })

  test.each([[['rename', 'ana', 'x']], [['default', 'ana']], [['remove', 'ana', '--yes']]])(
    '%j changes nothing, and says why',
    (args) => {
      const { code, output, errors } = accountry(...args)
      expect({ code, output }).toEqual({ code: 1, output: '' })
      expect(errors).toContain('it is read-only; check the permissions')
    },
  )
})
