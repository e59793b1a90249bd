import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, handwrittenPages, ROOT, textOf } from '../support/repository.ts'

const pages = handwrittenPages()
const generatedPages = filesBelow('docs/reference', '.md')
const packages = readdirSync(join(ROOT, 'packages'))
const fileNames = new Set(
  ['packages', 'examples', 'test', 'docs', '.ci']
    .flatMap((folder) => filesBelow(folder, ''))
    .map((path) => basename(path)),
)

/** Paths from the root, wherever they stand: in the text, in code, in commands. */
function pathsFromRoot(text: string): string[] {
  const paths = text.matchAll(/(?<![\w/.@-])(?:packages|examples|docs|test|\.ci)\/[\w./-]*\w/g)
  return [...new Set([...paths].map(([path]) => path))]
}

/** Names of files in inline code, such as `refresh.ts` or `src/vault/sealing.ts`. */
function namedFiles(text: string): string[] {
  const names = text.matchAll(/`([\w./-]+\.(?:ts|mjs|cjs|json|yaml|md))`/g)
  return [...new Set([...names].map(([, name = '']) => name))]
}

function isFileSomewhere(name: string, page: string): boolean {
  if (!name.includes('/')) return fileNames.has(name) || existsSync(join(ROOT, name))
  const places = [
    ROOT,
    dirname(join(ROOT, page)),
    ...packages.flatMap((folder) => [folder, `${folder}/src`].map(inPackages)),
  ]
  return places.some((place) => existsSync(join(place, name)))
}

function inPackages(folder: string): string {
  return join(ROOT, 'packages', folder)
}

interface Link {
  readonly target: string
  readonly anchor: string | undefined
}

/** Links to pages and files of the repository. */
function relativeLinks(text: string): Link[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => href)
  return links
    .filter((href) => !/^[a-z]+:/.test(href))
    .map((href) => ({ target: href.replace(/#.*/, ''), anchor: /#(.+)/.exec(href)?.[1] }))
}

/** The anchors that GitHub gives to the headings of a page, numbered where a heading comes again, and those set by hand. */
function anchorsOf(page: string): Set<string> {
  const text = textOf(page)
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id))
  const times = new Map<string, number>()
  for (const [, heading = ''] of text.matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-')
    const before = times.get(anchor) ?? 0
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`)
    times.set(anchor, before + 1)
  }
  return anchors
}

function brokenLinksOf(page: string): Link[] {
  return relativeLinks(textOf(page)).filter(({ target, anchor }) => {
    const file = target === '' ? page : join(dirname(page), target)
    if (!existsSync(join(ROOT, file))) return true
    return anchor !== undefined && !anchorsOf(file).has(anchor)
  })
}

describe.each(pages)('%s', (page) => {
  const text = textOf(page)

  test('names only files and folders that exist', () => {
    expect(pathsFromRoot(text).filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(namedFiles(text).filter((name) => !isFileSomewhere(name, page))).toEqual([])
  })

  test('has only links that lead somewhere', () => {
    expect(brokenLinksOf(page)).toEqual([])
  })
})

test.each(generatedPages)('%s has only links that lead somewhere', (page) => {
  expect(brokenLinksOf(page)).toEqual([])
})

describe('docs/architecture.md', () => {
  test.each(packages.filter((name) => existsSync(join(ROOT, 'packages', name, 'src'))))(
    'shows packages/%s and every room in it',
    (name) => {
      const text = textOf('docs/architecture.md')
      expect(text).toContain(`packages/${name}`)
      const rooms = readdirSync(join(ROOT, 'packages', name, 'src'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${entry.name}/`)
      expect(rooms.filter((room) => !text.includes(room))).toEqual([])
    },
  )
})
