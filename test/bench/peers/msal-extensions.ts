import { registerHooks } from 'node:module'

// Its file persistence needs neither of these, but the package loads both: keytar is not built here, and the runtime
// is for the brokers of Windows and macOS.
const STAND_INS: Readonly<Record<string, string>> = {
  keytar: 'export default {}',
  '@azure/msal-node-runtime': 'export const msalNodeRuntime = {}, ErrorStatus = {}, LogLevel = {}',
}

registerHooks({
  resolve(specifier, context, next) {
    const source = STAND_INS[specifier]
    if (source === undefined) return next(specifier, context)
    return { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true }
  },
})

const { FilePersistence, PersistenceCachePlugin } = await import('@azure/msal-node-extensions')

/** The cache plugin of `@azure/msal-node-extensions` on a plain file, as it is on Linux without a Secret Service. */
export async function msalFilePlugin(file: string): Promise<InstanceType<typeof PersistenceCachePlugin>> {
  return new PersistenceCachePlugin(await FilePersistence.create(file))
}
