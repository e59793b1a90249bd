import { createRequire, registerHooks } from 'node:module'

// Prints which packages importing an entry point loads. `require` also shows that none has a top-level await.
const loaded = new Set<string>()
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    if (!/^[./]|^node:|^file:/.test(specifier)) loaded.add(specifier)
    return resolved
  },
})
const exported = Object.keys(createRequire(import.meta.url)(process.argv[2] ?? ''))
console.log(JSON.stringify({ loaded: [...loaded], exported }))
