import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@accountry/accounts'
import { describe, expect, it, vi } from 'vitest'
import { createCanaries, createFakeAuthenticator, openTestManager } from '../src/index.ts'

const type = 'com.example'

describe('openTestManager', () => {
  it('opens a manager in which everything works at once', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccount(type)
    expect((await world.manager.getAuthToken(account, 'tasks')).value).toBe('token-1')
    expect(await world.manager.getPassword(account)).toBe('refresh-0')
    expect(world.authenticator.count('getAuthToken')).toBe(1)
  })

  it('lets the test drive the time', async () => {
    await using world = await openTestManager({ authenticator: { lifetimeMs: 600_000 } })
    const account = await world.manager.addAccount(type)
    const first = await world.manager.getAuthToken(account, 'tasks')
    await world.clock.advance(300_000)
    expect((await world.manager.getAuthToken(account, 'tasks')).value).toBe(first.value)
    await world.clock.advance(300_000)
    expect((await world.manager.getAuthToken(account, 'tasks')).value).not.toBe(first.value)
  })

  it('takes a script, or a fake that was made before, for the authenticator', async () => {
    await using scripted = await openTestManager({ authenticator: { type: 'com.other', rotates: true } })
    const account = await scripted.manager.addAccount('com.other')
    await scripted.manager.getAuthToken(account, 'tasks')
    expect(await scripted.manager.getPassword(account)).toBe('refresh-1')
    const authenticator = createFakeAuthenticator()
    await using given = await openTestManager({ authenticator })
    await given.manager.addAccount(type)
    expect(given.authenticator).toBe(authenticator)
    expect(authenticator.count('addAccount')).toBe(1)
  })

  it('has a person who can be asked, unless it is told that there is nobody', async () => {
    await using world = await openTestManager()
    await world.manager.addAccount(type)
    expect(world.authenticator.callsOf('addAccount')[0]?.context.interaction).toBeDefined()
    await world.manager.chooseAccount({ types: [type] })
    expect(world.interaction.count('chooseAccount')).toBe(1)
    await using alone = await openTestManager({ interaction: false })
    await alone.manager.addAccount(type)
    expect(alone.authenticator.callsOf('addAccount')[0]?.context.interaction).toBeUndefined()
  })

  it('opens the same vault again, with what was in it', async () => {
    await using world = await openTestManager()
    const before = world.manager
    const account = await world.manager.addAccount(type)
    const after = await world.reopen()
    expect([after === world.manager, after === before]).toEqual([true, false])
    await expect(before.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(await after.getAccounts()).toEqual([account])
    expect(await after.getPassword(account)).toBe('refresh-0')
  })

  it('changes the options of what it opens again', async () => {
    await using world = await openTestManager()
    await world.manager.addAccount(type)
    const stranger = await world.reopen({ app: { id: 'com.example.stranger' }, authenticators: [] })
    expect(await stranger.getAccounts()).toEqual([])
  })

  it('opens more managers on the same vault, without authenticators, as other apps have', async () => {
    await using world = await openTestManager()
    const same = await world.another()
    const stranger = await world.another({ app: { id: 'com.example.stranger' } })
    const account = await world.manager.addAccount(type)
    await world.clock.advance(2_000)
    expect(await same.getAccounts()).toEqual([account])
    expect(await stranger.getAccounts()).toEqual([])
    expect(same.getAuthenticatorTypes()).toEqual([])
  })

  it('has a locked vault when the key provider is locked', async () => {
    await using world = await openTestManager()
    await world.manager.addAccount(type)
    world.keyProvider.always = 'locked'
    const manager = await world.reopen()
    const [account] = await manager.getAccounts()
    await expect(manager.getPassword(account ?? '')).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    world.keyProvider.always = undefined
    expect(await manager.unlock()).toBe(true)
  })

  it('keeps no secret readable in its folder', async () => {
    const canaries = createCanaries()
    await using world = await openTestManager({
      authenticator: { rotates: true, secret: (label) => canaries.canary(label) },
    })
    const account = await world.manager.addAccount(type)
    const token = await world.manager.getAuthToken(account, 'tasks')
    expect(token.value).toBe(canaries.canary('token-1'))
    expect(await world.manager.getPassword(account)).toBe(canaries.canary('refresh-1'))
    await canaries.expectNoCanary({ directories: [world.directory], values: [token, account] })
  })

  it('closes everything and removes its folder at the end', async () => {
    const world = await openTestManager()
    const { manager, directory } = world
    const other = await world.another()
    await world.close()
    await world.close()
    expect(existsSync(directory)).toBe(false)
    await expect(manager.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect(other.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('leaves a folder that it was given', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'given-'))
    try {
      await using world = await openTestManager({ directory, clock: systemClock })
      expect(world.directory).toBe(directory)
      await world.close()
      expect(existsSync(directory)).toBe(true)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('removes its folder also when the manager cannot be opened', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'parent-'))
    for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, parent)
    try {
      await expect(openTestManager({ authenticator: { type: '' } })).rejects.toThrow(TypeError)
      await openTestManager().then(async (world) => {
        expect(await readdir(parent)).toHaveLength(1)
        await world.close()
      })
      expect(await readdir(parent)).toEqual([])
    } finally {
      vi.unstubAllEnvs()
      await rm(parent, { recursive: true, force: true })
    }
  })
})
