import { fileURLToPath } from 'node:url'

/**
 * Environment of Node processes that tests start by the dozen: each would strip the types of the same hundred files again,
 * which takes longer than everything that it then does.
 */
export const compileCache: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../../node_modules/.cache/compiled', import.meta.url)),
}
