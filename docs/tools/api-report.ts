import ts from 'typescript'
import type { EntryPoint } from './entry-point.ts'

/**
 * What each package promises, as text: for each entry point one block for each exported name, without comments, in alphabetical order.
 *
 * What one package passes on from another is one line, so that a change shows once. Needs the declarations of `tsc -b`.
 */
export function apiReports(entries: readonly EntryPoint[]): Map<string, string> {
  const program = ts.createProgram(
    entries.map(({ declarations }) => declarations),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2024,
      lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
    },
  )
  const reports = new Map<string, string>()
  for (const entry of entries) {
    const name = `${packageOf(entry.declarations)}.api.txt`
    reports.set(name, `${reports.get(name) ?? ''}${section(entry, program)}`)
  }
  return reports
}

function section(entry: EntryPoint, program: ts.Program): string {
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(entry.declarations)
  const module = file && checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${entry.declarations} is not there; run tsc -b first`)
  const blocks = checker.getExportsOfModule(module).map((symbol) => block(symbol, entry, checker))
  return `=== ${entry.specifier}\n\n${blocks.sort().join('\n')}\n`
}

function block(exported: ts.Symbol, entry: EntryPoint, checker: ts.TypeChecker): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const declarations = symbol.declarations ?? []
  const [first] = declarations
  if (first === undefined) throw new Error(`${exported.name} of ${entry.specifier} has no declaration`)
  const origin = packageOf(first.getSourceFile().fileName)
  if (origin !== packageOf(entry.declarations)) return `${exported.name} is from ${origin}\n`
  return `${declarations.map((declaration) => printed(exported.name, declaration)).join('\n')}\n`
}

const printer = ts.createPrinter({ removeComments: true })

function printed(name: string, declaration: ts.Declaration): string {
  const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  const text = printer.printNode(ts.EmitHint.Unspecified, whole, declaration.getSourceFile())
  const shown = text
    .replace(/^export (?:declare )?/, '')
    .replace(/^declare /, '')
    .replaceAll(/^ {4}#private;\n/gm, '')
    .replaceAll(/^ {4}private (?:constructor\(.*\)|\w+);\n/gm, '')
  const ownName = 'name' in declaration ? (declaration.name as ts.Node | undefined)?.getText() : undefined
  return ownName === name || ownName === undefined ? shown : `${name} = ${shown}`
}

/** The package that a file belongs to, of this repository or of those installed. */
function packageOf(file: string): string {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
  return installed ?? /\/packages\/([^/]+)\//.exec(file)?.[1] ?? file
}
