import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { secret } from '../oauth/support/canaries.ts'
import { goodTokens } from '../oauth/support/service.ts'
import { Machine } from './support/machine.ts'

// Canaries are planted in every secret; what any run lets out is looked through when the tests of the file are over.

const ESC = '\u001b'
/** Everything that a terminal obeys, hides or turns round, but for line ends and the colours that the command sets. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const OBEYED = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/

describe('what the command shows', () => {
  it('I-07 has no escape sequence of anybody else, wherever it came from', async () => {
    const machine = await Machine.withAccounts('ana', 'ben')
    machine.forgeName('ana', `ana${ESC}]52;c;cm0gLXJmIC8=\u0007${ESC}[2J\u202Egnp.exe`)
    machine.service.describe({
      authorization_endpoint: `${machine.service.issuer}/authorize?x=${encodeURIComponent(ESC)}`,
    })
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['doctor', '--offline'],
      ['remove', `no${ESC}[31mbody`, '--yes'],
      ['--vault', `no${ESC}[31mvault`, 'list'],
      [`no${ESC}[31mcommand`],
      ['token', 'ben', `no${ESC}[31mtype`, '--json'],
      ['export', '--to', `/nowhere/${ESC}[31m`, '--key-file', `/nowhere/\u202E`],
    ]) {
      const { stdout, stderr } = await machine.run(args)
      expect(stdout + stderr, args.join(' ')).not.toMatch(OBEYED)
      if (args.length === 1 && args[0] === 'list') {
        expect(stdout).toContain('ana\\u{1b}]52;c;cm0gLXJmIC8=\\u{7}\\u{1b}[2J\\u{202e}gnp.exe')
      }
    }
    const [shown] = JSON.parse((await machine.run(['list', '--json'])).stdout) as { name: string }[]
    expect(shown?.name).toContain(`${ESC}]52`)
  }, 120_000)

  it('I-06 has a message of a service on one line', async () => {
    const machine = await Machine.withAccounts('ana')
    const error_description = 'no\n[INFO] everything is fine\r\nreally'
    machine.service.tokens({ status: 400, json: { error: 'invalid_request', error_description } })
    const { code, stderr } = await machine.run(['token', 'ana', 'notes'])
    expect(code).not.toBe(0)
    expect(stderr).not.toMatch(/^\[INFO\]/m)
  })

  it('H-41 has every letter of a name, whatever it is written in, and no invisible one', async () => {
    const machine = await Machine.withAccounts('🎉 Ana', 'עברית', '日本語')
    machine.forgeName('日本語', 'a\u200bna')
    const { stdout } = await machine.run(['list'])
    expect(stdout).toMatch(/^🎉 Ana /m)
    expect(stdout).toMatch(/^עברית /m)
    expect(stdout).toMatch(/^a\\u\{200b\}na /m)
  })

  it('H-44 and H-48 takes names for names: not for paths, patterns or SQL', async () => {
    const names = ['../../etc/passwd', 'CON', 'a%', "x'); DROP TABLE account;--", '__proto__']
    const machine = await Machine.withAccounts(...names)
    for (const name of names) {
      expect(JSON.parse((await machine.run(['default', name, '--json'])).stdout)).toMatchObject({ name })
    }
    expect((await machine.run(['remove', '%', '--yes'])).code).toBe(4)
    expect(JSON.parse((await machine.run(['list', '--json'])).stdout)).toHaveLength(names.length)
  })
})

describe('what the command hands on', () => {
  it('I-08 starts the browser with an address and nothing secret in arguments or environment', async () => {
    const machine = await Machine.withAccounts('ana')
    const seen = join(machine.folder, 'seen.json')
    const browser = join(machine.folder, 'browser')
    const script = `require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify([process.argv, process.env]))`
    writeFileSync(browser, `#!${process.execPath}\n${script}\n`, { mode: 0o700 })
    // Nobody signs in: the service refuses what comes back, and the person gives up.
    const adding = machine.runAtTerminal(['add', 'com.example'], { BROWSER: browser })
    const opened = await opensWith(seen)
    machine.service.identity()
    await fetch(String(opened.redirect))
    expect(await adding).toContain('To sign in')
    expect(opened.text).toContain(`${machine.service.issuer}/authorize`)
    expect(opened.text).not.toContain(secret('client secret'))
    expect(opened.text).not.toContain(secret('refresh token of ana'))
    expect(opened.text).not.toContain('code_verifier')
  })

  it('I-11 gives a diagnosis that can be sent to anybody', async () => {
    const machine = await Machine.withAccounts('ana')
    await machine.runSecretly(['token', 'ana', 'notes'])
    const { stdout, code } = await machine.run(['doctor', '--offline', '--json'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Node ${process.versions.node}`)
    expect(stdout).not.toContain(readFileSync(machine.keyFile, 'utf8').trim())
  })

  it('I-04 logs what it does, and no secret, however much it is asked to log', async () => {
    const machine = await Machine.withAccounts('ana')
    const env = { NODE_DEBUG: 'accountry' }
    machine.service.tokens({ json: { ...goodTokens(), expires_in: 'soon' } })
    const ran = [
      await machine.run(['doctor'], env),
      await machine.run(['exec', '--env', 'A=notes@ana', '--', 'true'], env),
      await machine.run(['remove', 'ana', '--yes'], env),
    ]
    expect(ran.map(({ stderr }) => stderr).join('')).toMatch(/^ACCOUNTRY \d+/m)
  })
})

/** Waits for the browser, and finds out where the service would send it back to. */
async function opensWith(seen: string): Promise<{ text: string; redirect: URL }> {
  for (;;) {
    const text = readWhenThere(seen)
    const address = /http:\/\/127[^"]*\/authorize[^"]*/.exec(text)?.[0]
    if (address !== undefined) {
      const { searchParams } = new URL(address)
      const redirect = new URL(searchParams.get('redirect_uri') ?? '')
      redirect.searchParams.set('error', 'access_denied')
      redirect.searchParams.set('state', searchParams.get('state') ?? '')
      return { text, redirect }
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function readWhenThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
