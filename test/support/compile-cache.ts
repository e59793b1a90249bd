import { join } from 'node:path'
import { ROOT } from './repository.ts'

/**
 * Environment of Node processes that tests start by the dozen: each would strip the types of the same hundred files again,
 * which takes longer than everything that it then does.
 */
export const compileCache: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compiled'),
}
