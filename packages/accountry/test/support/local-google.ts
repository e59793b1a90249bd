import { registerHooks } from 'node:module'

// Loaded before a program: Google's authorization server and API are then servers on this machine.
const { CALENDAR_API = '' } = process.env
const localProvider = new URL('local-google-provider.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const isProvider = specifier === 'accountry/providers/google' && context.parentURL !== localProvider
    return next(isProvider ? localProvider : specifier, context)
  },
})

const realFetch = globalThis.fetch
globalThis.fetch = (input, init) => {
  const url = new URL(String(input))
  return realFetch(url.host === 'www.googleapis.com' ? new URL(url.pathname, CALENDAR_API) : input, init)
}
