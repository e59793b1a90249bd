import { readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Machine } from './support/machine.ts'

async function machineWithExport(): Promise<{ machine: Machine; file: string; args: string[] }> {
  const machine = await Machine.withAccounts('ana')
  const [file, keyFile] = [join(machine.folder, 'accounts.jwe'), join(machine.folder, 'accounts.key')]
  expect((await machine.run(['export', '--to', file, '--key-file', keyFile])).code).toBe(0)
  return { machine, file, args: ['import', file, '--key-file', keyFile, '--yes', '--json'] }
}

describe('an export from somebody else', () => {
  it('H-18 cannot choose how much work it makes', async () => {
    const { machine, file, args } = await machineWithExport()
    const [, ...rest] = readFileSync(file, 'utf8').split('.')
    const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 1e9, p2s: 'AAAA' }
    writeFileSync(file, [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.'))
    expect(JSON.parse((await machine.run(args)).stdout)).toMatchObject({ error: { code: 'ERR_IMPORT_INVALID' } })
  })

  it('H-50 is refused when it was changed, is too large or no export, and nothing is imported', async () => {
    const { machine, file, args } = await machineWithExport()
    await machine.run(['remove', 'ana', '--yes'])
    const text = readFileSync(file, 'utf8')
    for (const broken of [
      text.slice(0, -3),
      `${text.slice(0, 90)}${text.slice(90, 94) === 'AAAA' ? 'BBBB' : 'AAAA'}${text.slice(94)}`,
      '{"accounts":[]}',
      'a.b.c.d.e',
    ]) {
      writeFileSync(file, broken)
      const { code, stdout } = await machine.run(args)
      expect([code, JSON.parse(stdout).error.code]).toEqual([1, 'ERR_IMPORT_INVALID'])
    }
    truncateSync(file, 65 * 1_024 * 1_024)
    expect(await machine.run(args)).toMatchObject({ code: 2, stdout: expect.stringContaining('too large') })
    expect((await machine.run(['list', '--json'])).stdout).toBe('[]\n')
  })
})

describe('a vault whose key is not there', () => {
  it('H-02 lists its accounts, refuses tokens, and is as it was when the key is back', async () => {
    const machine = await Machine.withAccounts('ana')
    renameSync(machine.keyFile, `${machine.keyFile}.away`)
    expect(JSON.parse((await machine.run(['list', '--json'])).stdout)).toMatchObject([{ name: 'ana' }])
    const refused = await machine.run(['token', 'ana', 'notes', '--json'])
    expect([refused.code, JSON.parse(refused.stdout).error.code]).toEqual([6, expect.stringMatching(/^ERR_VAULT_/)])
    renameSync(`${machine.keyFile}.away`, machine.keyFile)
    expect((await machine.runSecretly(['token', 'ana', 'notes'])).code).toBe(0)
  })

  it('H-04 says that there is no keychain, and takes nothing else instead', async () => {
    const machine = await Machine.withAccounts()
    const none = { XDG_DATA_HOME: join(machine.folder, 'new'), XDG_RUNTIME_DIR: machine.folder }
    const { stdout } = await machine.run(['doctor', '--json'], none)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      findings: expect.arrayContaining([
        expect.objectContaining({ check: 'key', status: 'warning', message: expect.stringContaining('no key now') }),
      ]),
    })
    expect((await machine.run(['list', '--json'], none)).stdout).toBe('[]\n')
  })
})
