import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CertificateAuthority, startProcess, startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { letOutBy, secret, vaultFolder } from './support/canaries.ts'
import { startProxy, startTokenEndpoint } from './support/proxy.ts'
import type { Renewal, RenewJob } from './support/renew-process.ts'
import { goodTokens } from './support/service.ts'

const HOST = 'as.example'

/** Renews in a process with this environment. The name of the service leads nowhere but through a proxy. */
async function renew(tokenEndpoint: string, environment: Readonly<Record<string, string>>): Promise<Renewal> {
  const script = new URL('support/renew-process.ts', import.meta.url)
  const env = { NODE_USE_ENV_PROXY: '1', ...environment }
  await using child = startProcess<RenewJob, Renewal>(script, [], { env })
  const keyFile = join(vaultFolder(), 'key')
  child.send({ directory: vaultFolder(), keyFile, tokenEndpoint, refreshToken: secret('refresh token') })
  const renewal = await child.next()
  letOutBy({ pid: child.pid, stdout: child.stdout, stderr: child.stderr })
  return renewal
}

async function trusting(authority: CertificateAuthority): Promise<Record<string, string>> {
  const file = join(vaultFolder(), 'authority.pem')
  await writeFile(file, authority.cert)
  return { NODE_EXTRA_CA_CERTS: file }
}

describe('a proxy from the environment', () => {
  it('G-16 leads to the token endpoint, and sees nothing of what is said there', async () => {
    const authority = new CertificateAuthority()
    const endpoint = await startTokenEndpoint(HOST, authority, goodTokens())
    const proxy = await startProxy(endpoint.port)
    const environment = { ...(await trusting(authority)), HTTPS_PROXY: proxy.url }
    const renewal = await renew(`https://${HOST}/token`, environment)
    expect(renewal).toEqual({ outcome: 'token', state: 'ok', isStored: false })
    expect(proxy.asked).toEqual([`${HOST}:443`])
    expect(endpoint.forms).toHaveLength(1)
  })

  it('G-16 does not stand between this machine and itself', async () => {
    await using service = await startScriptedServer()
    service.on('/token', { json: goodTokens() })
    const proxy = await startProxy(undefined)
    const environment = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1,[::1]' }
    expect((await renew(`${service.origin}/token`, environment)).outcome).toBe('token')
    expect(proxy.asked).toEqual([])
  })

  it('C-23, G-23 that wants a password has passed nothing on: the network is named, nobody has to sign in', async () => {
    const proxy = await startProxy(undefined)
    const renewal = await renew(`https://${HOST}/token`, { HTTPS_PROXY: proxy.url })
    expect(renewal).toEqual({ outcome: 'ERR_NETWORK offline', state: 'degraded', isStored: true })
    expect(proxy.asked).toEqual([`${HOST}:443`])
  })
})
