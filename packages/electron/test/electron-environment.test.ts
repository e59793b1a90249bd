import { SyncManager } from '@accountry/sync'
import { createFakeClock, createFakeSyncAdapter, createFakeSyncEnvironment, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { type ElectronEnvironmentOptions, electronEnvironment } from '../src/main/index.ts'
import { closeAfterTest } from './support/electron-app.ts'
import { FakeNet, FakePowerMonitor } from './support/fake-app.ts'

function machine(options: Partial<ElectronEnvironmentOptions> = {}) {
  const net = new FakeNet()
  const powerMonitor = new FakePowerMonitor()
  const clock = createFakeClock()
  const base = createFakeSyncEnvironment()
  // Everywhere but on Linux, Node does not know whether the machine charges.
  const knowingLess = Object.assign(base, { unknown: ['charging'] })
  const environment = electronEnvironment({ net, powerMonitor, clock, base: knowingLess, ...options })
  return { net, powerMonitor, clock, base, environment }
}

/** Counts the changes that were announced. */
function listenTo(environment: ReturnType<typeof electronEnvironment>) {
  const seen: string[] = []
  const listener = (): void => void seen.push(`${environment.network} ${environment.charging ? 'power' : 'battery'}`)
  environment.on('change', listener)
  return { seen, stop: () => environment.off?.('change', listener) }
}

describe('the environment of Electron', () => {
  it('knows network and power of Electron, and metering and room of the base', () => {
    const { environment, net, powerMonitor, base } = machine()
    expect(environment).toMatchObject({ network: 'unmetered', charging: true, storageLow: false, unknown: [] })
    base.set({ network: 'metered', storageLow: true })
    powerMonitor.onBatteryPower = true
    expect(environment).toMatchObject({ network: 'metered', charging: false, storageLow: true })
    net.online = false
    expect(environment.network).toBe('none')
    net.online = true
    base.set({ network: 'none' })
    expect(environment.network).toBe('none')
  })

  it('believes the base about power where that knows it', () => {
    const base = createFakeSyncEnvironment()
    const { environment, powerMonitor } = machine({ base })
    powerMonitor.onBatteryPower = true
    expect(environment.charging).toBe(true)
    base.set({ charging: false })
    expect(environment.charging).toBe(false)
  })

  it('announces power at once, and a network that came or went at the next look', async () => {
    const { environment, net, powerMonitor, clock } = machine()
    const { seen, stop } = listenTo(environment)
    powerMonitor.onBatteryPower = true
    powerMonitor.emit('on-battery')
    powerMonitor.emit('on-battery')
    expect(seen).toEqual(['unmetered battery'])
    net.online = false
    await clock.advance(15_000)
    net.online = true
    await clock.advance(15_000)
    expect(seen.slice(1)).toEqual(['none battery', 'unmetered battery'])
    await clock.advance(60_000)
    expect(seen).toHaveLength(3)
    stop()
  })

  it('has no network from the suspend to the resume', () => {
    const { environment, powerMonitor } = machine()
    const { seen, stop } = listenTo(environment)
    powerMonitor.emit('suspend')
    powerMonitor.emit('resume')
    expect(seen).toEqual(['none power', 'unmetered power'])
    stop()
  })

  it('finds out that the machine is awake although nobody said so', async () => {
    const { environment, powerMonitor, clock } = machine()
    const { seen, stop } = listenTo(environment)
    powerMonitor.emit('suspend')
    await clock.advance(15_000)
    expect(environment.network).toBe('none')
    await clock.advance(15_000)
    expect(seen).toEqual(['none power', 'unmetered power'])
    stop()
  })

  it('looks only while somebody listens, and leaves no listener behind', async () => {
    const { environment, powerMonitor, clock } = machine()
    const before = clock.pendingTimers
    const one = listenTo(environment)
    const two = listenTo(environment)
    expect(powerMonitor.eventNames().sort()).toEqual(['on-ac', 'on-battery', 'resume', 'suspend'])
    one.stop()
    powerMonitor.emit('suspend')
    two.stop()
    two.stop()
    expect(powerMonitor.eventNames()).toEqual([])
    expect(clock.pendingTimers).toEqual(before)
    expect(environment.network).toBe('unmetered')
  })

  it('holds a sync back while the machine sleeps, and runs it with the resume', async () => {
    const world = closeAfterTest(await openTestManager())
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    const { environment, powerMonitor } = machine({ clock: world.clock })
    const sync = closeAfterTest(
      await SyncManager.open({ accounts: world.manager, adapters: [adapter], environment, clock: world.clock }),
    )
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    sync.start()
    await sync.whenIdle()
    const before = adapter.runs.length
    powerMonitor.emit('suspend')
    const { accepted, done } = sync.requestSync({ account, authority: 'tasks', manual: true })
    await accepted
    await sync.whenIdle()
    expect(adapter.runs).toHaveLength(before)
    expect(await sync.explain({ account, authority: 'tasks' })).toMatchObject({ reasons: ['no-network'] })
    powerMonitor.emit('resume')
    expect(await done).toMatchObject({ outcome: 'success' })
  })

  it('refuses wrong options by name', () => {
    const good = { net: new FakeNet(), powerMonitor: new FakePowerMonitor() }
    expect(() => electronEnvironment({ ...good, net: {} as never })).toThrow(/net\.isOnline/)
    expect(() => electronEnvironment({ ...good, powerMonitor: {} as never })).toThrow(/powerMonitor/)
    expect(() => electronEnvironment({ ...good, pollMs: 0 })).toThrow(RangeError)
  })
})
