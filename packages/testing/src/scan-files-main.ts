/** Looks for secrets in files on behalf of another process, which has the files open and must not touch them. */
import { scanFiles } from './canary/file-scan.ts'
import type { CanaryFinding, Needle } from './canary/needles.ts'
import { connectToTest } from './process/parent-process.ts'

/** What is to be looked for, and where. */
export interface FileScanJob {
  readonly paths: readonly string[]
  readonly needles: readonly Needle[]
}

async function main(): Promise<void> {
  const test = connectToTest<FileScanJob, readonly CanaryFinding[]>()
  const { paths, needles } = await test.next()
  // Structured cloning makes a plain Uint8Array of a Buffer.
  const asBuffers = needles.map(({ label, forms }) => ({
    label,
    forms: forms.map(({ encoding, bytes }) => ({ encoding, bytes: Buffer.from(bytes) })),
  }))
  await test.send(await scanFiles(paths, asBuffers))
  test.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
