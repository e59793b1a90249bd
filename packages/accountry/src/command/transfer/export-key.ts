import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { AccountError } from '@accountry/accounts'
import { printable } from '../../terminal/printable.ts'
import type { CommandRun } from '../command-run.ts'
import { UsageError } from '../exit-codes.ts'
import { readLimited, writePrivateFile } from './private-file.ts'

const KEY_BYTES = 32
const MAX_TEXT_BYTES = 1_024
/** In the place of a file: the key comes on stdin, or is typed. */
const STDIN = '-'

/** A key that was read or made, and how to undo the making. */
export interface ExportKey {
  readonly key: Uint8Array
  readonly isNew: boolean
  /** Takes back what was made for an export that then failed. */
  discard(): Promise<void>
}

/**
 * The key of a new export: what stands in the file, or a new one that is written there before anything is encrypted with
 * it. A key is never an argument, which other users can see.
 */
export async function keyForExport(run: CommandRun, keyFile: string): Promise<ExportKey> {
  const nothing = async (): Promise<void> => undefined
  const existing = await existingKey(run, keyFile)
  if (existing !== undefined) return { key: existing, isNew: false, discard: nothing }
  const key = randomBytes(KEY_BYTES)
  await writePrivateFile(keyFile, `${key.toString('base64')}\n`)
  return { key, isNew: true, discard: () => rm(keyFile, { force: true }) }
}

/** The key of an export that exists: from the file, from stdin, or asked for. */
export async function keyOfExport(run: CommandRun, keyFile: string | undefined): Promise<Uint8Array> {
  if (keyFile === undefined && !run.isInteractive) {
    throw new UsageError('Say where the key of the export is: --key-file <file>, or --key-file - to read it from stdin')
  }
  const key = await existingKey(run, keyFile ?? STDIN)
  if (key === undefined) throw new UsageError(`There is no key file ${printable(keyFile ?? '')}`)
  return key
}

async function existingKey(run: CommandRun, keyFile: string): Promise<Uint8Array | undefined> {
  if (decoded(keyFile) !== undefined) {
    throw new UsageError(
      '--key-file names a file. A key is never written on the command line, where others can read it',
    )
  }
  if (keyFile !== STDIN) {
    const limits = { what: 'a key', maxBytes: MAX_TEXT_BYTES, isSecret: true }
    const text = await readLimited(keyFile, limits)
    return text === undefined ? undefined : parsedKey(text, printable(keyFile))
  }
  if (run.isInteractive) return parsedKey(await typedKey(run), 'What was typed')
  return parsedKey(await readInput(run), 'What came on stdin')
}

function decoded(text: string): Uint8Array | undefined {
  const key = /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined
  return key?.length === KEY_BYTES ? new Uint8Array(key) : undefined
}

function parsedKey(text: string, where: string): Uint8Array {
  const key = decoded(text.trim())
  if (key !== undefined) return key
  throw new UsageError(`${where} is no key: it has to be ${KEY_BYTES} bytes as base64`)
}

async function typedKey(run: CommandRun): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const { input, errors } = run.streams
  const answer = await password({ message: 'Key of the export', input, output: errors, signal: run.signal })
  if (isCancel(answer)) throw new AccountError('ERR_INTERACTION_CANCELED', 'No key was given')
  return answer ?? ''
}

async function readInput(run: CommandRun): Promise<string> {
  let text = ''
  for await (const chunk of addAbortSignal(run.signal, run.streams.input)) {
    text += String(chunk)
    if (text.length > MAX_TEXT_BYTES) throw new UsageError('What comes on stdin is too long for a key')
  }
  return text
}
