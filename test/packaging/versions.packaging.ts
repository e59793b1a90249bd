import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { InstalledProject } from './installed-project.ts'
import { SpokenProcess } from './spoken-process.ts'
import type { Tarball } from './tarball.ts'

const PACKAGES = ['@accountry/accounts', '@accountry/keychain']
const PREVIOUS = join(import.meta.dirname, 'previous')

let previous: InstalledProject
let present: InstalledProject
beforeAll(async () => {
  previous = await InstalledProject.create({ tarballs: previousTarballs(), dependencies: PACKAGES })
  const tarballs = inject('tarballs').filter(({ name }) => PACKAGES.includes(name))
  present = await InstalledProject.create({ tarballs, dependencies: PACKAGES })
})
afterAll(() => {
  previous[Symbol.dispose]()
  present[Symbol.dispose]()
})

it.each([
  ['the previous version made', () => [previous, present]],
  ['the present version made', () => [present, previous]],
])('both versions use a vault that %s, at the same time', async (_name, projects) => {
  const [older, newer] = projects() as [InstalledProject, InstalledProject]
  const directory = older.path(`vault-${randomBytes(4).toString('hex')}`)
  const key = randomBytes(32).toString('base64')
  await using first = await open(older, directory, key)
  expect(await first.ask('add ana')).toMatchObject({ name: 'ana' })
  await using second = await open(newer, directory, key)
  expect(await second.ask('list')).toEqual([entry('ana')])

  // Each sees, with its secrets, what the other writes, and hears of it.
  expect(await second.ask('add ben')).toMatchObject({ name: 'ben' })
  expect(await first.ask('add carla')).toMatchObject({ name: 'carla' })
  const all = ['ana', 'ben', 'carla'].map(entry)
  await expect.poll(() => first.ask('list')).toEqual(all)
  await expect.poll(() => second.ask('list')).toEqual(all)
  await expect.poll(() => first.ask('heard')).toBe(1)
  await expect.poll(() => second.ask('heard')).toBe(1)

  expect(await first.ask('remove ben')).toBe(true)
  await expect.poll(() => second.ask('list')).toEqual(['ana', 'carla'].map(entry))
  expect(await first.ask('problems')).toEqual(await second.ask('problems'))
})

it.each([
  ['the previous version rotates', () => [previous, present]],
  ['the present version rotates', () => [present, previous]],
])('the key that %s opens the vault in the other', async (_name, projects) => {
  const [rotating, other] = projects() as [InstalledProject, InstalledProject]
  const directory = rotating.path(`vault-${randomBytes(4).toString('hex')}`)
  const key = randomBytes(32).toString('base64')
  await using first = await open(rotating, directory, key)
  await first.ask('add ana')
  await using second = await open(other, directory, key)
  expect(await first.ask('rotate')).toBe(true)
  await second.ask('add ben')
  await expect.poll(() => first.ask('list')).toEqual([entry('ana'), entry('ben')])
  expect(await second.ask('list')).toEqual([entry('ana'), entry('ben')])
})

function entry(name: string): object {
  return { name, password: `secret of ${name}`, by: name, token: `token of ${name}` }
}

async function open(project: InstalledProject, directory: string, key: string): Promise<SpokenProcess> {
  const program = project.addProgram('vault-user')
  const env = { CONSUMER_KEY: key }
  const opened = new SpokenProcess(process.execPath, [program, directory], { cwd: project.folder, env })
  expect(await opened.next()).toBe('ready')
  return opened
}

function previousTarballs(): Tarball[] {
  return PACKAGES.map((name) => {
    const start = `${name.slice(1).replace('/', '-')}-`
    const [file, ...others] = readdirSync(PREVIOUS).filter((entry) => entry.startsWith(start))
    if (file === undefined || others.length > 0) throw new Error(`there must be one previous version of ${name}`)
    return {
      name,
      version: file.slice(start.length, -'.tgz'.length),
      file: join(PREVIOUS, file),
      contents: '',
      files: [],
    }
  })
}
