import { project } from '@accountry/accounts/contract'
import { HELPER_GUARD } from './host-process.ts'
import { PINNED_STORE } from './keyring-binding.ts'

export interface HelperRequest {
  /** An executable that runs the code it is given. */
  readonly node: string
  readonly environment: NodeJS.ProcessEnv
  /** Entry file of the native module. */
  readonly modulePath: string
  readonly name: string
  /** Aborting it kills the helper. */
  readonly signal: AbortSignal
}

type HelperAnswer = { readonly secret: readonly number[] | null } | { readonly failure: string }

/**
 * The helper's whole program. It is text, because a bundler that moves this file cannot lose it.
 *
 * A native call that waits for a prompt survives `process.exit()`; only a signal ends it. So the helper kills itself
 * when its parent is gone.
 */
const PROGRAM = `
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', async ({ modulePath, service, name, options }) => {
  let answer
  try {
    const { AsyncEntry } = require(modulePath)
    answer = { secret: await new AsyncEntry(service, name, options).getSecret() }
  } catch (error) {
    answer = { failure: String(error && error.message) }
  }
  process.send(answer)
})
`

/**
 * Reads a key in a short-lived process that is killed when `signal` is aborted.
 *
 * The key comes back over a private socket pair: never through arguments, environment, files or standard output.
 *
 * @throws Error with the native module's text when it fails; the reason of `signal` when it is aborted.
 */
export async function readInHelper(request: HelperRequest): Promise<Uint8Array | undefined> {
  const { node, environment, modulePath, name, signal } = request
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(node, ['--input-type=commonjs', '--eval', PROGRAM], {
    env: { ...environment, [HELPER_GUARD]: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    windowsHide: true,
  })
  const kill = (): boolean => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const answer = await new Promise<HelperAnswer>((resolve, reject) => {
      child.once('message', (message) => resolve(message as HelperAnswer))
      child.once('error', (error) => reject(error))
      child.once('exit', () => reject(signal.aborted ? signal.reason : new Error('the keychain helper ended early')))
      child.send({ modulePath, service: project.keychainService, name, options: PINNED_STORE }, (error) => {
        if (error !== null) reject(error)
      })
    })
    if ('failure' in answer) throw new Error(answer.failure)
    return answer.secret === null ? undefined : Uint8Array.from(answer.secret)
  } finally {
    signal.removeEventListener('abort', kill)
    kill()
  }
}
