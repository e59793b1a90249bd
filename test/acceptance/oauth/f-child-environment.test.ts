import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createFakeKeyProvider } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { createAccountsCommand } from 'accountry/command'
import { describe, expect, it } from 'vitest'
import { letOut, secret, vaultFolder } from './support/canaries.ts'
import { goodTokens, Service } from './support/service.ts'
import { TYPE } from './support/world.ts'

describe('a program that is started with a token in its environment', () => {
  it('F-25 gets the short-lived token of the chosen account, and nothing of any other', async () => {
    const service = await Service.start()
    const people = ['ana', 'ben'].map((name) => ({
      name,
      refreshToken: secret(`refresh token of ${name}`),
      accessToken: secret(`access token of ${name}`),
    }))
    service.tokens(({ body }) => {
      const sent = new URLSearchParams(body).get('refresh_token')
      const access_token = people.find(({ refreshToken }) => refreshToken === sent)?.accessToken
      return { json: { ...goodTokens(), access_token } }
    })
    const directory = vaultFolder()
    const keyProvider = createFakeKeyProvider()
    const open = () =>
      openAccountry({
        app: { id: 'com.example.agenda' },
        directory,
        keyProvider,
        authenticators: [
          createOAuthAuthenticator({
            type: TYPE,
            label: 'Example',
            issuer: service.issuer,
            clientId: service.clientId,
            tokenTypes: { notes: { scopes: ['notes'] } },
          }),
        ],
      })
    await using accountry = await open()
    for (const { name, refreshToken } of people) {
      await accountry.accounts.addAccountExplicitly({ type: TYPE, name }, { password: refreshToken })
    }

    // Not scanned with the rest: the one access token belongs in there.
    await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-environment-'))
    const seen = join(folder.path, 'environment.json')
    const script = `require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env))`
    const streams = { output: new PassThrough(), errors: new PassThrough(), input: new PassThrough() }
    const shown: string[] = []
    for (const stream of [streams.output, streams.errors]) stream.on('data', (chunk) => shown.push(String(chunk)))
    const command = createAccountsCommand({ name: 'agenda', open, streams })
    expect(await command.run(['exec', '--env', 'TOKEN=notes@ana', '--', process.execPath, '-e', script])).toBe(0)
    letOut('what was shown', shown)

    const environment = JSON.parse(await readFile(seen, 'utf8')) as Record<string, string>
    const [ana, ben] = people
    expect(environment['TOKEN']).toBe(ana?.accessToken)
    const others = [ana?.refreshToken, ben?.refreshToken, ben?.accessToken, secret('rotated refresh token')]
    const { TOKEN: _chosen, ...rest } = environment
    for (const other of [ana?.accessToken, ...others]) expect(JSON.stringify(rest)).not.toContain(other)
  })
})
