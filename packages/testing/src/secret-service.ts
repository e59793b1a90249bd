import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface SecretServiceOptions {
  /**
   * What is there at the start. Default `'unlocked'`: an unlocked login keyring. `'no-collection'`: a service without
   * any keyring. `'no-service'`: a bus on which none runs. `'activatable'`: none runs, and the bus starts one on demand.
   */
  readonly state?: 'unlocked' | 'locked' | 'no-collection' | 'no-service' | 'activatable'
  /** Whether an unlock prompt is dismissed at once, as without a display, or stays open. Default `'dismissed'`. */
  readonly prompts?: 'dismissed' | 'pending'
}

/** A real Secret Service on a private session bus. Nothing of the person's own desktop is touched. */
export interface TestSecretService extends AsyncDisposable {
  /** The environment of processes that use this service: bus address, and private home and data folders. */
  readonly env: NodeJS.ProcessEnv
  lock(): Promise<void>
  unlock(): Promise<void>
  /** Ends the service; the bus stays. */
  stopService(): Promise<void>
  /** Starts the service anew, with the keyring unlocked. */
  startService(): Promise<void>
  close(): Promise<void>
}

const TOOLS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'mkfifo']
const PASSWORD = 'test-password'
const LOGIN_COLLECTION = '/org/freedesktop/secrets/collection/login'
const START_TIMEOUT_MS = 10_000
const POLL_MS = 10
/** Longer than any test waits for a prompt that stays open. */
const PROMPTER_START_TIMEOUT_MS = 600_000
const run = promisify(execFile)

/** Programs that {@link startSecretService} needs and this machine lacks; Debian has them in `dbus` and `gnome-keyring`. */
export function missingSecretServiceTools(): string[] {
  if (process.platform !== 'linux') return TOOLS
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return TOOLS.filter((tool) => !folders.some((folder) => isExecutable(join(folder, tool))))
}

/**
 * Starts a D-Bus session bus and gnome-keyring in folders of their own, for tests of what is kept in a keychain.
 *
 * Pass `env` to child processes. The libraries that talk to the bus remember the first address that they see, so one
 * process can use one service only.
 *
 * @throws Error when a program is missing (see {@link missingSecretServiceTools}) or does not start within 10 s.
 */
export async function startSecretService(options: SecretServiceOptions = {}): Promise<TestSecretService> {
  const missing = missingSecretServiceTools()
  if (missing.length > 0)
    throw new Error(`a Secret Service needs ${missing.join(', ')}; install dbus and gnome-keyring`)
  const service = new PrivateSecretService(await mkdtemp(join(tmpdir(), 'secrets-')), options)
  try {
    await service.start()
    return service
  } catch (error) {
    await service.close()
    throw error
  }
}

class PrivateSecretService implements TestSecretService {
  readonly env: NodeJS.ProcessEnv
  readonly #base: string
  readonly #options: SecretServiceOptions
  #bus: ChildProcess | undefined
  #daemon: ChildProcess | undefined

  constructor(base: string, options: SecretServiceOptions) {
    this.#base = base
    this.#options = options
    const { DISPLAY, WAYLAND_DISPLAY, GNOME_KEYRING_CONTROL, ...inherited } = process.env
    this.env = {
      ...inherited,
      HOME: join(base, 'home'),
      XDG_DATA_HOME: join(base, 'data'),
      XDG_RUNTIME_DIR: join(base, 'run'),
      XDG_CONFIG_HOME: join(base, 'config'),
      XDG_CACHE_HOME: join(base, 'cache'),
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(base, 'run', 'bus')}`,
    }
  }

  async start(): Promise<void> {
    const { state = 'unlocked', prompts = 'dismissed' } = this.#options
    for (const folder of ['home', 'data', 'run', 'config', 'cache', 'services']) {
      await mkdir(join(this.#base, folder), { mode: 0o700 })
    }
    if (state === 'activatable') await this.#offer('org.freedesktop.secrets')
    if (prompts === 'pending') await this.#offerSilentPrompter()
    else await this.#offer('org.gnome.keyring.SystemPrompter')
    await this.#startBus()
    if (state === 'unlocked' || state === 'locked') await this.startService()
    if (state === 'locked') await this.lock()
    if (state === 'no-collection') await this.#startDaemon()
  }

  async startService(): Promise<void> {
    await this.#startDaemon('--unlock')
  }

  async stopService(): Promise<void> {
    await ended(this.#daemon)
    this.#daemon = undefined
  }

  async lock(): Promise<void> {
    await this.#call('org.freedesktop.secrets', '/org/freedesktop/secrets', 'org.freedesktop.Secret.Service.Lock', [
      `array:objpath:${LOGIN_COLLECTION}`,
    ])
  }

  /** The way in which a login unlocks it: over the daemon's control socket, so no prompt is involved. */
  async unlock(): Promise<void> {
    const socket = connect(join(this.#base, 'run', 'keyring', 'control'))
    const password = Buffer.from(PASSWORD)
    const numbers = Buffer.alloc(12)
    numbers.writeUInt32BE(12 + password.length, 0)
    numbers.writeUInt32BE(UNLOCK_OPERATION, 4)
    numbers.writeUInt32BE(password.length, 8)
    // A byte of its own comes first: it carries the credentials of the sender.
    socket.write(Buffer.concat([Buffer.alloc(1), numbers, password]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    if (answer.readUInt32BE(4) !== 0) throw new Error('gnome-keyring did not accept the password of the test keyring')
  }

  async close(): Promise<void> {
    await this.stopService()
    await ended(this.#bus)
    await this.#releasePrompter()
    await rm(this.#base, { recursive: true, force: true, maxRetries: 5 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #startBus(): Promise<void> {
    const config = join(this.#base, 'bus.conf')
    await writeFile(config, busConfig(this.env['DBUS_SESSION_BUS_ADDRESS'] ?? '', join(this.#base, 'services')))
    const options = { env: this.env, stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] }
    const bus = spawn('dbus-daemon', ['--nofork', `--config-file=${config}`, '--print-address=1'], options)
    this.#bus = bus
    const exited = once(bus, 'exit').then(() => Promise.reject(new Error('dbus-daemon ended at its start')))
    await Promise.race([once(bus.stdout, 'data'), exited])
    exited.catch(() => undefined)
  }

  async #startDaemon(...flags: string[]): Promise<void> {
    const args = ['--foreground', '--components=secrets', ...flags]
    const daemon = spawn('gnome-keyring-daemon', args, { env: this.env, stdio: ['pipe', 'ignore', 'ignore'] })
    this.#daemon = daemon
    daemon.stdin.end(PASSWORD)
    for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await delay(POLL_MS)) {
      if (await this.#isNameOwned()) return
    }
    throw new Error(`gnome-keyring did not appear on the bus within ${START_TIMEOUT_MS} ms`)
  }

  async #isNameOwned(): Promise<boolean> {
    const bus = ['org.freedesktop.DBus', '/org/freedesktop/DBus'] as const
    const answer = await this.#call(...bus, 'org.freedesktop.DBus.NameHasOwner', ['string:org.freedesktop.secrets'])
    return answer.includes('true')
  }

  async #call(destination: string, path: string, method: string, args: string[]): Promise<string> {
    const options = ['--session', '--print-reply=literal', `--dest=${destination}`]
    const { stdout } = await run('dbus-send', [...options, path, method, ...args], { env: this.env })
    return stdout
  }

  /** Lets the bus start an installed service on demand. */
  async #offer(name: string): Promise<void> {
    const file = `${name}.service`
    await copyFile(join('/usr/share/dbus-1/services', file), join(this.#base, 'services', file)).catch(() => undefined)
  }

  /** A program that is started to show the prompt, and never shows up on the bus: a prompt that nobody answers. */
  async #offerSilentPrompter(): Promise<void> {
    await run('mkfifo', [this.#fifo])
    const lines = ['[D-BUS Service]', 'Name=org.gnome.keyring.SystemPrompter', `Exec=/bin/cat ${this.#fifo}`]
    const file = join(this.#base, 'services', 'org.gnome.keyring.SystemPrompter.service')
    await writeFile(file, `${lines.join('\n')}\n`)
  }

  get #fifo(): string {
    return join(this.#base, 'run', 'prompter')
  }

  /** Opening the pipe for writing and closing it ends the program that reads from it. */
  async #releasePrompter(): Promise<void> {
    const pipe = await open(this.#fifo, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
    await pipe?.close()
  }
}

/** `GKD_CONTROL_OP_UNLOCK` of gnome-keyring's control protocol, which its PAM module speaks. */
const UNLOCK_OPERATION = 1

function busConfig(address: string, services: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="service_start_timeout">${PROMPTER_START_TIMEOUT_MS}</limit>
</busconfig>
`
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
