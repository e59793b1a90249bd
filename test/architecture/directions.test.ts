import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, ROOT, textOf } from '../support/repository.ts'

/** Which package may import which; docs/architecture.md draws the same arrows. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  accounts: [],
  oauth: ['accounts'],
  keychain: ['accounts'],
  sync: ['accounts'],
  http: ['accounts'],
  settings: ['accounts', 'sync'],
  electron: ['accounts', 'keychain', 'sync', 'settings'],
  testing: ['accounts', 'sync'],
  accountry: ['oauth', 'keychain', 'sync', 'http', 'settings', 'accounts'],
}

/** An optional peer: only its types, and the package itself only when it is asked for and installed. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = { accountry: ['testing'] }

/** The contract of accounts: what plugins and apps are written against. It knows nothing of how it is fulfilled. */
const CONTRACT = [
  'account',
  'account-manager-types',
  'auth-token',
  'authenticator',
  'clock',
  'error-codes',
  'errors',
  'interaction',
  'key-provider',
  'logger',
  'secret-input',
]
/** What a contract file may use beside other contract files: the project's name, and how a value is printed. */
const CONTRACT_HELPERS = ['inspectable', 'project']

const TOP_LEVEL = {
  required: [
    'packages',
    'examples',
    'docs',
    'test',
    'package.json',
    'tsconfig.base.json',
    'pnpm-workspace.yaml',
    'README.md',
    'LICENSE',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'AGENTS.md',
  ],
  toolConfiguration: ['biome.json', 'knip.json', 'pnpm-lock.yaml', 'tsconfig.json', 'vitest.config.ts'],
  notKept: ['node_modules', 'coverage'],
}

interface Import {
  readonly file: string
  readonly from: string
  /** `static`: always loaded; `dynamic`: loaded when it is needed; `type`: gone when the program runs. */
  readonly kind: 'static' | 'dynamic' | 'type'
}

const packages = readdirSync(join(ROOT, 'packages')).filter((name) => existsSync(join(ROOT, 'packages', name, 'src')))

/** The imports of a file; statements begin a line, so that examples in comments are none. */
function importsOf(file: string): Import[] {
  const text = textOf(file)
  const statements = [...text.matchAll(/^(?:import|export) (type )?(?:[^'"]*? from )?'([^']+)'/gm)]
  const calls = [...text.matchAll(/(typeof )?import\('([^']+)'\)/g)]
  return [
    ...statements.map(([, type, from = '']) => ({ file, from, kind: type === undefined ? 'static' : 'type' }) as const),
    ...calls.map(([, type, from = '']) => ({ file, from, kind: type === undefined ? 'dynamic' : 'type' }) as const),
  ]
}

/** Which of our packages an import names, by its folder. */
function packageOf(from: string): string | undefined {
  if (from === 'accountry' || from.startsWith('accountry/')) return 'accountry'
  return /^@accountry\/([^/]+)/.exec(from)?.[1]
}

describe('between packages', () => {
  test('imports are found in every form in which they are written', () => {
    const found = importsOf('packages/accountry/src/command/try.ts')
    expect(found).toContainEqual(expect.objectContaining({ from: '@accountry/accounts', kind: 'static' }))
    expect(found).toContainEqual(expect.objectContaining({ from: '@accountry/testing', kind: 'type' }))
    expect(found).toContainEqual(expect.objectContaining({ from: '@accountry/testing', kind: 'dynamic' }))
  })

  test('every package has its arrows here', () => {
    expect(packages.filter((name) => ARROWS[name] === undefined)).toEqual([])
  })

  test.each(packages)('%s imports only packages that its arrows allow', (name) => {
    const wrong = filesBelow(`packages/${name}/src`, '.ts')
      .flatMap(importsOf)
      .filter(({ from, kind }) => {
        const target = packageOf(from)
        if (target === undefined || ARROWS[name]?.includes(target)) return false
        return !(OPTIONAL[name]?.includes(target) === true && kind !== 'static')
      })
    expect(wrong).toEqual([])
  })

  test.each(packages)('%s stays inside its own src folder with relative imports', (name) => {
    const source = `packages/${name}/src`
    const wrong = filesBelow(source, '.ts')
      .flatMap(importsOf)
      .filter(({ from }) => from.startsWith('.'))
      .filter(({ file, from }) => !join(file, '..', from).startsWith(join(source, '/')))
    expect(wrong).toEqual([])
  })

  test.each(packages)('%s depends at run time on no package that its arrows forbid', (name) => {
    const { dependencies = {} } = JSON.parse(textOf(`packages/${name}/package.json`)) as {
      dependencies?: Record<string, string>
    }
    const ours = Object.keys(dependencies).map(packageOf)
    expect(ours.filter((target) => target !== undefined && !ARROWS[name]?.includes(target))).toEqual([])
  })
})

describe('inside accounts', () => {
  test.each(CONTRACT)('the contract file %s.ts imports nothing of the engine', (name) => {
    const allowed = [...CONTRACT, ...CONTRACT_HELPERS].map((file) => `./${file}.ts`)
    const wrong = importsOf(`packages/accounts/src/${name}.ts`).filter(
      ({ from }) => from.startsWith('.') && !allowed.includes(from),
    )
    expect(wrong).toEqual([])
  })

  test('only storage and vault know SQLite', () => {
    const wrong = filesBelow('packages/accounts/src', '.ts')
      .filter((file) => !/\/src\/(storage|vault)\//.test(file) && !file.endsWith('/builtin.ts'))
      .filter((file) => /node:sqlite|DatabaseSync/.test(textOf(file)))
    expect(wrong).toEqual([])
  })

  test('storage knows nothing of accounts and keys', () => {
    const allowed = ['../errors.ts', '../project.ts', '../builtin.ts']
    const wrong = filesBelow('packages/accounts/src/storage', '.ts')
      .flatMap(importsOf)
      .filter(({ from }) => from.startsWith('..') && !allowed.includes(from))
    expect(wrong).toEqual([])
  })
})

/** The files that `exports` of a package.json name: what the world can import. */
function entryPoints(name: string): string[] {
  const { exports: entries = {} } = JSON.parse(textOf(`packages/${name}/package.json`)) as {
    exports?: Record<string, string>
  }
  return Object.values(entries)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('packages', name, path))
}

describe('entry points', () => {
  // Providers are functions over data, and a program that others start does what it is started for.
  const lists = packages.flatMap(entryPoints).filter((file) => !/\/providers\/|-main\.ts$/.test(file))
  const indexes = packages.flatMap((name) => filesBelow(`packages/${name}/src`, '/index.ts'))

  test.each([...new Set([...lists, ...indexes])])('%s lists its exports by name and does nothing else', (file) => {
    const statements = textOf(file)
      .replace(/\/\*[\s\S]*?\*\/|^\/\/.*$/gm, '')
      .split(/\n(?=export|import|[^\s}])/)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '')
    expect(statements.filter((statement) => !/^export (type )?[{*]/.test(statement))).toEqual([])
    expect(statements.filter((statement) => statement.startsWith('export *'))).toEqual([])
  })
})

describe("the project's name", () => {
  test('is written in project.ts, and otherwise only by the command that is called so and by what tests use', () => {
    const wrong = packages
      .filter((name) => name !== 'accountry' && name !== 'testing')
      .flatMap((name) => filesBelow(`packages/${name}/src`, '.ts'))
      .filter((file) => file !== 'packages/accounts/src/project.ts')
      .flatMap((file) => nameLiterals(file).map((literal) => `${file}: ${literal}`))
    expect(wrong).toEqual([])
  })
})

/** String literals with the name in them; names of packages are no such literals. */
function nameLiterals(file: string): string[] {
  const code = textOf(file).replace(/^\s*(\/?\*|\/\/).*$/gm, '')
  const literals = [...code.matchAll(/'[^'\n]*'|`[^`]*`|"[^"\n]*"/g)].map(([literal]) => literal)
  return literals.filter((literal) => /accountry/i.test(literal.replace(/@accountry\/[a-z]+/g, '')))
}

describe('the top level', () => {
  const entries = readdirSync(ROOT)

  test('has everything that belongs there', () => {
    expect(TOP_LEVEL.required.filter((name) => !entries.includes(name))).toEqual([])
  })

  test('has nothing else but tool configuration and dot files', () => {
    const allowed = [...TOP_LEVEL.required, ...TOP_LEVEL.toolConfiguration, ...TOP_LEVEL.notKept]
    expect(entries.filter((name) => !name.startsWith('.') && !allowed.includes(name))).toEqual([])
  })
})
