/** What a browser loads beside the page itself. */
export interface PageFiles {
  readonly script: string
  readonly style: string
}

/** In this order: what comes later decides. */
const STYLES = [
  'colours',
  'base',
  'frame',
  'rows',
  'controls',
  'notices',
  'sections',
  'dialogs',
  'adaptations',
] as const

/**
 * Bundles the script of the page from `page/`.
 *
 * Only the workspace runs this, so that a fresh clone needs no build: the published package has the bundled files in
 * the place of this module (test/packaging/bundle.ts).
 */
export async function loadPageFiles(): Promise<PageFiles> {
  const [{ rolldown }, { readFile }, { fileURLToPath }] = await Promise.all([
    import('rolldown'),
    import('node:fs/promises'),
    import('node:url'),
  ])
  const file = (path: string): string => fileURLToPath(new URL(`../page/${path}`, import.meta.url))
  const license = await readFile(new URL('../LICENSE', import.meta.resolve('preact')), 'utf8')
  const bundle = await rolldown({ input: file('main.tsx'), platform: 'browser', tsconfig: file('tsconfig.json') })
  try {
    const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
    const script = `/*! This file contains Preact.\n\n${license.trim()}\n*/\n${output[0].code}`
    const styles = await Promise.all(STYLES.map((name) => readFile(file(`styles/${name}.css`), 'utf8')))
    return { script, style: styles.join('\n') }
  } finally {
    await bundle.close()
  }
}
