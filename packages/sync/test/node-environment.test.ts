import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@accountry/testing'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { socketPaths } from '../src/environment/dbus-connection.ts'
import { decodeMessage, encodeMessage, messageLength } from '../src/environment/dbus-message.ts'
import { nodeEnvironment } from '../src/environment/node-environment.ts'
import { isOnExternalPower } from '../src/environment/power-supply.ts'
import { hasNetworkAddress } from '../src/environment/reachability.ts'
import { hasMessageBus, MessageBus, PropertyService } from './support/message-bus.ts'

const NO_BUS = 'unix:path=/nonexistent/bus'
const ETHERNET = { address: '192.0.2.7', family: 'IPv4', internal: false } as NetworkInterfaceInfo
const online = (): Record<string, NetworkInterfaceInfo[]> => ({ eth0: [ETHERNET] })

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'sync-environment-'))
  folders.push(made)
  return made
}

/** A folder like `/sys/class/power_supply`. */
function powerSupplies(supplies: Record<string, Record<string, string>>): string {
  const root = folder()
  for (const [name, files] of Object.entries(supplies)) {
    mkdirSync(join(root, name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), `${text}\n`)
  }
  return root
}

describe('the network of the machine', () => {
  it.each<[string, Partial<NetworkInterfaceInfo>[], boolean]>([
    ['loopback only', [{ address: '127.0.0.1', family: 'IPv4', internal: true }], false],
    ['a link-local address only', [{ address: '169.254.3.4', family: 'IPv4', internal: false }], false],
    ['a link-local IPv6 address only', [{ address: 'fe80::1', family: 'IPv6', internal: false }], false],
    ['an IPv4 address', [{ address: '10.0.0.4', family: 'IPv4', internal: false }], true],
    ['an IPv6 address', [{ address: '2001:db8::1', family: 'IPv6', internal: false }], true],
    ['nothing', [], false],
  ])('with %s it is there: %s', (_name, addresses, expected) => {
    expect(hasNetworkAddress({ if0: addresses as NetworkInterfaceInfo[] })).toBe(expected)
  })

  it('is none without an address, and what cannot be found out is allowed and said', async () => {
    const environment = nodeEnvironment({
      networkInterfaces: () => ({}),
      networkDeviceFolder: '/nonexistent',
      powerSupplyFolder: '/nonexistent',
      systemBusAddress: NO_BUS,
      storage: { path: '/nonexistent' },
    })
    await environment.refresh()
    expect(environment).toMatchObject({ network: 'none', charging: true, storageLow: false })
    expect(environment.unknown).toEqual(['metered', 'charging', 'storage'])
  })

  it('is not known where loopback is the only device, and is allowed and said', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-net-'))
    const addDevice = async (name: string, type: string): Promise<void> => {
      await mkdir(join(folder.path, name))
      await writeFile(join(folder.path, name, 'type'), `${type}\n`)
    }
    await addDevice('lo', '772')
    const options = { networkInterfaces: () => ({}), systemBusAddress: NO_BUS, networkDeviceFolder: folder.path }
    const container = nodeEnvironment(options)
    expect(container.network).toBe('unmetered')
    expect(container.unknown).toContain('network')
    expect(nodeEnvironment({ ...options, probe: { host: '127.0.0.1', port: 1 } }).network).toBe('none')

    await addDevice('wlan0', '1')
    const laptop = nodeEnvironment(options)
    expect(laptop.network).toBe('none')
    expect(laptop.unknown).not.toContain('network')
  })

  it('is there with a probe only while the host answers', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const environment = nodeEnvironment({
      networkInterfaces: online,
      systemBusAddress: NO_BUS,
      probe: { host: '127.0.0.1', port, timeoutMs: 1_000 },
    })
    await environment.refresh()
    expect(environment.network).toBe('unmetered')
    await new Promise((resolve) => server.close(resolve))
    await environment.refresh()
    expect(environment.network).toBe('none')
  })

  it('tells of changes that it finds by looking, and looks only while somebody listens', async () => {
    const clock = createFakeClock()
    let interfaces: Record<string, NetworkInterfaceInfo[]> = {}
    const environment = nodeEnvironment({
      clock,
      networkInterfaces: () => interfaces,
      networkDeviceFolder: '/nonexistent',
      systemBusAddress: NO_BUS,
      pollMs: 1_000,
    })
    const changed = new Promise<void>((resolve) => {
      const listener = (): void => {
        if (environment.network === 'none') return
        environment.off('change', listener)
        resolve()
      }
      environment.on('change', listener)
    })
    interfaces = online()
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(1_000)
    await changed
    expect(environment.network).toBe('unmetered')
    expect(clock.pendingTimers).toBe(0)
  })

  it('is low on room when less is free than asked for', async () => {
    const environment = nodeEnvironment({
      systemBusAddress: NO_BUS,
      storage: { path: tmpdir(), minFreeBytes: Number.MAX_SAFE_INTEGER },
    })
    await environment.refresh()
    expect(environment.storageLow).toBe(true)
  })
})

describe.runIf(process.platform === 'linux')('the power of the machine', () => {
  it.each<[string, Record<string, Record<string, string>>, boolean | undefined]>([
    ['no battery', {}, true],
    ['a battery on mains', { AC: { type: 'Mains', online: '1' }, BAT0: { type: 'Battery', status: 'Charging' } }, true],
    [
      'a battery alone',
      { AC: { type: 'Mains', online: '0' }, BAT0: { type: 'Battery', status: 'Discharging' } },
      false,
    ],
    ['a full battery', { BAT0: { type: 'Battery', status: 'Full' } }, true],
    ['a mouse with a battery', { hid: { type: 'Battery', scope: 'Device', status: 'Discharging' } }, true],
    ['mains that are off and no battery', { AC: { type: 'Mains', online: '0' } }, undefined],
  ])('with %s', (_name, supplies, expected) => {
    expect(isOnExternalPower(powerSupplies(supplies))).toBe(expected)
  })

  it('is not known where the system says nothing', () => {
    expect(isOnExternalPower('/nonexistent')).toBeUndefined()
  })
})

describe.skipIf(!hasMessageBus)('NetworkManager and UPower on a real message bus', () => {
  it('say whether the network is metered and the battery used, and wake whoever listens', async () => {
    await using bus = await MessageBus.start()
    const names = ['org.freedesktop.NetworkManager', 'org.freedesktop.UPower'] as const
    using network = await PropertyService.start(bus, names[0], '/org/freedesktop/NetworkManager', 'u', 1)
    using power = await PropertyService.start(bus, names[1], '/org/freedesktop/UPower', 'b', true)
    const environment = nodeEnvironment({
      networkInterfaces: online,
      powerSupplyFolder: '/nonexistent',
      systemBusAddress: bus.address,
      clock: createFakeClock(),
    })
    let wake: () => void = () => undefined
    const next = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve
      })
    const listener = (): void => wake()
    const first = next()
    environment.on('change', listener)
    await first
    expect(environment).toMatchObject({ network: 'metered', charging: false, unknown: [] })
    const second = next()
    network.set(2)
    await second
    expect(environment.network).toBe('unmetered')
    const third = next()
    power.set(false)
    await third
    expect(environment.charging).toBe(true)
    environment.off('change', listener)
  })

  it('are unknown where the bus has none of them, and when the bus goes away', async () => {
    const bus = await MessageBus.start()
    const environment = nodeEnvironment({
      networkInterfaces: online,
      powerSupplyFolder: '/nonexistent',
      systemBusAddress: bus.address,
    })
    await environment.refresh()
    expect(environment.unknown).toEqual(expect.arrayContaining(['metered', 'charging']))
    await bus[Symbol.asyncDispose]()
    await environment.refresh()
    expect(environment).toMatchObject({ network: 'unmetered', charging: true })
  })
})

describe('D-Bus messages', () => {
  it('are read as they were written', () => {
    const message = {
      type: 1,
      flags: 2,
      serial: 7,
      path: '/a/b',
      interface: 'x.y',
      member: 'Get',
      destination: 'z.w',
      signature: 'ss',
      body: Buffer.from([1, 2, 3]),
    } as const
    const encoded = encodeMessage(message)
    expect(messageLength(encoded)).toBe(encoded.length)
    expect(messageLength(encoded.subarray(0, 15))).toBeUndefined()
    expect(decodeMessage(encoded)).toEqual(message)
  })

  it('of another byte order are refused', () => {
    expect(() => decodeMessage(Buffer.alloc(32))).toThrow(RangeError)
  })

  it('go to sockets by path or abstract name; other transports are left out', () => {
    const addresses = 'tcp:host=x,port=1;unix:path=/run/a%20b,guid=1;unix:abstract=/tmp/c'
    expect(socketPaths(addresses)).toEqual(['/run/a b', '\0/tmp/c'])
  })
})
