import { basename } from 'node:path'
import { project } from '@accountry/accounts/contract'

/** Set in the helper's environment: a program that was taken for a plain Node and is none must not start another. */
export const HELPER_GUARD: string = `${project.environmentPrefix}KEYCHAIN_HELPER`

/** What the OS keychain has to know of the process in which it is used. */
export interface HostProcess {
  readonly platform: NodeJS.Platform
  readonly isElectron: boolean
  readonly environment: NodeJS.ProcessEnv
  /** An executable that runs the code it is given; `undefined` where this process is not a plain Node. */
  readonly node: string | undefined
}

/** The process that runs this. */
export function hostProcess(): HostProcess {
  const isElectron = process.versions['electron'] !== undefined
  return {
    platform: process.platform,
    isElectron,
    environment: process.env,
    node: isPlainNode() ? process.execPath : undefined,
  }
}

/** A renamed Node is taken for another program, which costs the abortable read and nothing else. */
function isPlainNode(): boolean {
  const { electron, bun, deno } = process.versions
  const isOtherRuntime = [electron, bun, deno].some((version) => version !== undefined)
  const isSingleExecutable = process.getBuiltinModule('node:sea')?.isSea() === true
  return !isOtherRuntime && !isSingleExecutable && /^node(js)?[\d.-]*(\.exe)?$/i.test(basename(process.execPath))
}
