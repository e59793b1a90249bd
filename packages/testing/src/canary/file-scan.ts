import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type CanaryFinding, findIn, longestForm, type Needle } from './needles.ts'

const CHUNK_BYTES = 4 * 1024 * 1024

/**
 * Looks through files and folders, names and targets of links included.
 *
 * Only for a process that has none of the files open: closing any descriptor of a SQLite file drops the locks that
 * this process holds on it.
 */
export async function scanFiles(paths: readonly string[], needles: readonly Needle[]): Promise<CanaryFinding[]> {
  const findings: CanaryFinding[] = []
  for (const path of paths) findings.push(...(await scanPath(path, needles)))
  return findings
}

async function scanPath(path: string, needles: readonly Needle[]): Promise<CanaryFinding[]> {
  const stats = await unlessGone(lstat(path))
  if (stats === undefined) return []
  const findings = findIn(Buffer.from(path), `name of ${path}`, needles)
  if (stats.isSymbolicLink()) {
    const target = await unlessGone(readlink(path))
    if (target !== undefined) findings.push(...findIn(Buffer.from(target), `target of ${path}`, needles))
  } else if (stats.isDirectory()) {
    const names = (await unlessGone(readdir(path))) ?? []
    findings.push(
      ...(await scanFiles(
        names.map((name) => join(path, name)),
        needles,
      )),
    )
  } else if (stats.isFile()) {
    findings.push(...(await scanContent(path, needles)))
  }
  return findings
}

async function scanContent(path: string, needles: readonly Needle[]): Promise<CanaryFinding[]> {
  const file = await unlessGone(open(path, constants.O_RDONLY | constants.O_NOFOLLOW))
  if (file === undefined) return []
  try {
    return await scanChunks(file, path, needles)
  } finally {
    await file.close()
  }
}

/** Chunks overlap, so that nothing hides on a border. */
async function scanChunks(file: FileHandle, path: string, needles: readonly Needle[]): Promise<CanaryFinding[]> {
  const overlap = Math.max(0, longestForm(needles) - 1)
  const buffer = Buffer.alloc(CHUNK_BYTES + overlap)
  const found = new Map<string, CanaryFinding>()
  let kept = 0
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, kept, CHUNK_BYTES, position)
    if (bytesRead === 0) return [...found.values()]
    const bytes = buffer.subarray(0, kept + bytesRead)
    for (const finding of findIn(bytes, path, needles)) {
      const key = `${finding.canary} ${finding.encoding}`
      if (!found.has(key)) found.set(key, { ...finding, offset: position - kept + finding.offset })
    }
    position += bytesRead
    kept = Math.min(overlap, bytes.length)
    buffer.copyWithin(0, bytes.length - kept, bytes.length)
  }
}

/** Files of a vault in use come and go while they are looked at. */
async function unlessGone<Value>(operation: Promise<Value>): Promise<Value | undefined> {
  return await operation.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
