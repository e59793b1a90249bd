/** What a browser loads beside the page itself. */
export interface PageFiles {
  readonly script: string
  readonly style: string
}

/**
 * Bundles the script of the page from `page/`.
 *
 * Only the workspace runs this, so that a fresh clone needs no build: the published package has the bundled files in
 * the place of this module (test/packaging/bundle.ts).
 */
export async function loadPageFiles(): Promise<PageFiles> {
  const [{ rolldown }, { readFile }] = await Promise.all([import('rolldown'), import('node:fs/promises')])
  const folder = new URL('../page/', import.meta.url)
  const bundle = await rolldown({
    input: new URL('main.tsx', folder).pathname,
    platform: 'browser',
    tsconfig: new URL('tsconfig.json', folder).pathname,
  })
  try {
    const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false })
    const style = await readFile(new URL('page.css', folder), 'utf8')
    return { script: output[0].code, style }
  } finally {
    await bundle.close()
  }
}
