import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `ARPHRD_LOOPBACK` of Linux. */
const LOOPBACK = '772'

/**
 * Whether the machine has a device for a network, switched on or not; `undefined` where nothing tells. A container
 * without a network has only its loopback, and what "off-line" means there nobody can say.
 *
 * @see [Linux: sysfs-class-net](https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-net)
 */
export function hasNetworkDevice(folder: string): boolean | undefined {
  try {
    return readdirSync(folder).some((name) => typeOf(folder, name) !== LOOPBACK)
  } catch {
    return undefined
  }
}

function typeOf(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name, 'type'), 'utf8').trim()
  } catch {
    return undefined
  }
}
