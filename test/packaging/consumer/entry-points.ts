// Loads every entry point that it is told by `import` and by `require`, and prints what each gives.

import { createRequire } from 'node:module'
import { argv, exit, stdout } from 'node:process'

const require = createRequire(import.meta.url)

for (const specifier of argv.slice(2)) {
  const imported = Object.keys((await import(specifier)) as object).sort()
  const required = Object.keys(require(specifier) as object).sort()
  if (imported.join() !== required.join()) {
    stdout.write(`${specifier}: import gives ${imported.join(', ')}; require gives ${required.join(', ')}\n`)
    exit(1)
  }
  stdout.write(`${specifier} ${imported.length}\n`)
}
