import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { CertificateAuthority } from '@accountry/testing'

/** How a client says which token it has; the names are the SASL registry's. */
export type Mechanism = 'XOAUTH2' | 'OAUTHBEARER'

export interface DovecotOptions {
  /** Where the mail server asks whether a token is good (RFC 7662), with a client's name and secret in it. */
  readonly introspectionUrl: URL
  /** A token must have this scope. */
  readonly scope: string
  /** Which of the two it offers. */
  readonly mechanisms: readonly Mechanism[]
}

/** A real mail server on this machine. */
export interface Dovecot extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** PEM of the authority that signed its certificate. */
  readonly ca: string
  /** Who logged in as the so-many-th, and by which mechanism, as its log says. */
  login(number: number): Promise<string>
}

const PROGRAM = '/usr/sbin/dovecot'
const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 20_000
/** It writes a login down a moment after the client knows of it. */
const LOG_TIMEOUT_MS = 10_000
/** Dovecot refuses to serve mail as root, so it runs as nobody then. */
const NOBODY = { name: 'nobody', group: 'nogroup', uid: 65_534, gid: 65_534 }

/** Whether Debian's package `dovecot-imapd` is here. */
export function isDovecotInstalled(): boolean {
  try {
    accessSync(PROGRAM, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Starts a Dovecot with a configuration and a folder of its own, without any right that a user does not have. */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const folder = await mkdtemp(join(tmpdir(), 'dovecot-'))
  const port = await freePort()
  const authority = new CertificateAuthority()
  const { cert, key } = authority.issue({ hosts: [HOST] })
  const isRoot = process.getuid?.() === 0
  await mkdir(join(folder, 'mail'))
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 })
  await writeFile(join(folder, 'oauth2.conf'), oauth2Config(options), { mode: 0o600 })
  await writeFile(join(folder, 'dovecot.conf'), serverConfig(folder, port, options.mechanisms, isRoot))
  if (isRoot) {
    for (const name of ['', 'mail', 'key.pem', 'oauth2.conf']) chownSync(join(folder, name), NOBODY.uid, NOBODY.gid)
  }
  const child = spawn(PROGRAM, ['-F', '-c', join(folder, 'dovecot.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(isRoot && { uid: NOBODY.uid, gid: NOBODY.gid }),
  })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += String(chunk)
  })
  const close = async (): Promise<void> => {
    await ended(child)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await started(child, () => log)
  } catch (error) {
    await close()
    throw error
  }
  const login = async (number: number): Promise<string> => {
    const timeout = AbortSignal.timeout(LOG_TIMEOUT_MS)
    for (;;) {
      const line = [...log.matchAll(/Login: user=<([^>]+)>, method=(\w+)/g)].at(number - 1)
      if (line !== undefined) return `${line[1]} logged in by ${line[2]}`
      await once(child.stderr, 'data', { signal: timeout })
    }
  }
  return { host: HOST, port, ca: authority.cert, login, [Symbol.asyncDispose]: close }
}

/** What decides about a token: the authorization server, asked at every login. */
function oauth2Config({ introspectionUrl, scope }: DovecotOptions): string {
  return `introspection_url = ${introspectionUrl.href}
introspection_mode = post
force_introspection = yes
active_attribute = active
active_value = true
scope = ${scope}
username_attribute = sub
`
}

function serverConfig(folder: string, port: number, mechanisms: readonly Mechanism[], isRoot: boolean): string {
  const user = isRoot ? NOBODY.name : userInfo().username
  const group = isRoot ? NOBODY.group : execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
  const names = mechanisms.map((name) => name.toLowerCase()).join(' ')
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
first_valid_uid = 1
protocols = imap
listen = ${HOST}
ssl = required
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
auth_mechanisms = ${names}
auth_failure_delay = 0
mail_location = maildir:${folder}/mail/%u
passdb {
  driver = oauth2
  mechanisms = ${names}
  args = ${folder}/oauth2.conf
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${folder}/mail/%u
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
`
}

/** It binds its ports before it says that it starts up, and connections wait until it is ready. */
async function started(child: ChildProcess, log: () => string): Promise<void> {
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
  const exited = once(child, 'exit').then(() => {
    throw new Error(`Dovecot ended at its start: ${log()}`)
  })
  exited.catch(() => undefined)
  while (!log().includes('starting up')) {
    if (child.stderr === null) throw new TypeError('Dovecot has no log')
    await Promise.race([once(child.stderr, 'data', { signal: timeout }), exited])
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

/** Dovecot cannot be asked which port it got. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
