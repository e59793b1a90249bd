import { registerHooks } from 'node:module'

// Prints which files of this package an entry point loads before anything of it is called.
const loaded = new Set<string>()
registerHooks({
  load(url, context, next) {
    const file = /\/oauth\/src\/(.+)\.ts$/.exec(url)?.[1]
    if (file !== undefined) loaded.add(file)
    return next(url, context)
  },
})
const [entry = '', call = ''] = process.argv.slice(2)
const module = (await import(entry)) as Record<string, (options: object) => object>
const options = { type: 'com.example', label: 'Example', issuer: 'https://login.example.com', clientId: 'desktop' }
const made = call === '' ? {} : module[call]?.({ ...options, redirectUri: 'http://127.0.0.1/callback' })
console.log(JSON.stringify({ loaded: [...loaded], made: Object.keys(made ?? {}) }))
