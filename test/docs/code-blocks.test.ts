import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handwrittenPages, ROOT, textOf } from '../support/repository.ts'

interface CodeBlock {
  readonly page: string
  readonly line: number
  readonly code: string
}

const blocks = handwrittenPages().flatMap(codeBlocksOf)

/** The TypeScript blocks of a page, exactly as they stand. */
function codeBlocksOf(page: string): CodeBlock[] {
  const text = textOf(page)
  return [...text.matchAll(/^( *)```(?:ts|typescript)\n([\s\S]*?)^ *```$/gm)].map(
    ({ index, 1: indent = '', 2: code = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length + 1,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

test('the README shows the quickstart that is tested, as it stands', () => {
  const marker = '// From here on it is the quickstart of the README, as it stands.\n'
  const [, quickstart = ''] = textOf('packages/accountry/test/support/quickstart.ts').split(marker)
  expect(quickstart).toContain('openAccountry')
  expect(textOf('README.md')).toContain(quickstart.trim())
})

let folder: string

beforeAll(async () => {
  // Inside the workspace, so that a block finds the packages that a program here would find.
  folder = await mkdtemp(join(ROOT, 'test', 'node_modules', '.code-blocks-'))
  await mkdir(join(folder, 'blocks'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('every TypeScript block of the documents compiles as it stands', async () => {
  expect(blocks.length).toBeGreaterThan(5)
  const config = {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      // A block may show a value without using it.
      noUnusedLocals: false,
    },
    include: ['blocks'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await Promise.all(blocks.map((block, index) => writeFile(join(folder, fileOf(index)), block.code)))

  expect(await compilerErrors()).toEqual([])
})

function fileOf(index: number): string {
  return `blocks/block-${index}.ts`
}

/** What the compiler finds wrong with the blocks, at the lines of the pages. The packages have checks of their own. */
async function compilerErrors(): Promise<string[]> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const run = promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder })
  const output = await run.then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  )
  return output
    .split('\n')
    .filter((line) => line.startsWith('blocks/') || line.startsWith('error '))
    .map((line) =>
      line.replace(/^blocks\/block-(\d+)\.ts\((\d+),/, (_, index: string, row: string) => {
        const block = blocks[Number(index)]
        return `${block?.page}:${(block?.line ?? 0) + Number(row) - 1} (`
      }),
    )
}
