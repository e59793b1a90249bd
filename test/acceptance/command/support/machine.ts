import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'
import { compileCache } from '../../../support/compile-cache.ts'
import { letOutBy, secret, vaultFolder } from '../../oauth/support/canaries.ts'
import { Service } from '../../oauth/support/service.ts'

const bin = fileURLToPath(new URL('../../../../packages/accountry/src/bin.ts', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A person's machine with one vault, one service and accounts whose every secret is a canary. */
export class Machine {
  readonly folder: string
  readonly service: Service

  private constructor(folder: string, service: Service) {
    this.folder = folder
    this.service = service
  }

  static async withAccounts(...names: string[]): Promise<Machine> {
    const machine = new Machine(vaultFolder(), await Service.start())
    mkdirSync(machine.vault, { recursive: true, mode: 0o700 })
    await using app = await openAccountry({
      app: { id: 'com.example.agenda' },
      directory: machine.vault,
      keyProvider: fileKey({ path: machine.keyFile }),
      authenticators: [
        createOAuthAuthenticator({
          type: 'com.example',
          label: 'Example',
          issuer: machine.service.issuer,
          clientId: machine.service.clientId,
          clientSecret: secret('client secret'),
          tokenTypes: { notes: { scopes: ['notes'] } },
        }),
      ],
    })
    for (const name of names) {
      const password = secret(`refresh token of ${name}`)
      await app.accounts.addAccountExplicitly({ type: 'com.example', name }, { password })
    }
    return machine
  }

  get vault(): string {
    return join(this.folder, 'accountry', 'agenda')
  }

  get keyFile(): string {
    return join(this.folder, 'vault.key')
  }

  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.folder, XDG_DATA_HOME: this.folder, ...compileCache, ...more }
  }

  /** Runs the command; its output, arguments and environment are looked through at the end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const ran = await this.runSecretly(args, env)
    letOutBy(ran)
    return ran
  }

  /** The same for the one command whose output is a secret. */
  async runSecretly(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return await new Promise((resolve) => {
      const options = { env: this.env(env) }
      const child = execFile(process.execPath, [bin, ...args], options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      )
      child.stdin?.end()
    })
  }

  /** Runs the command in a pseudo-terminal, and returns everything that the terminal was told. */
  async runAtTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const words = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ')
    const child = spawn('script', ['-qec', words, '/dev/null'], {
      env: this.env({ SHELL: '/bin/sh', TERM: 'xterm-256color', ...env }),
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk)
    })
    await once(child, 'close')
    letOutBy({ stdout, stderr: '' })
    return stdout
  }

  /** Renames an account as no program of ours would let anybody: somebody else wrote into the file. */
  forgeName(from: string, to: string): void {
    const database = new DatabaseSync(join(this.vault, 'vault.db'))
    database.prepare('UPDATE account SET name = ? WHERE name = ?').run(to, from)
    database.close()
  }
}
