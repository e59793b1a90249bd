import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether the machine is on external power, as Linux says in `/sys/class/power_supply`; `undefined` where it says
 * nothing. A machine without any battery is always on external power.
 *
 * @see [Linux: sysfs-class-power](https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-power)
 */
export function isOnExternalPower(folder: string): boolean | undefined {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return undefined
  }
  const supplies = names.map((name) => ({
    type: read(folder, name, 'type'),
    online: read(folder, name, 'online'),
    status: read(folder, name, 'status'),
    /** A mouse or a headset has a battery of its own. */
    scope: read(folder, name, 'scope'),
  }))
  const mains = supplies.filter(({ type }) => type === 'Mains' || type === 'USB' || type === 'Wireless')
  if (mains.some(({ online }) => online === '1')) return true
  const batteries = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device')
  if (batteries.length === 0) return mains.length > 0 ? undefined : true
  return batteries.every(({ status }) => status !== 'Discharging')
}

function read(folder: string, name: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, name, file), 'utf8').trim()
  } catch {
    return undefined
  }
}
