import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Liveness } from '../src/storage/liveness.ts'
import { Child } from './support/child.ts'
import type { LeaseRequest } from './support/lease-holder.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOLDER = new URL('support/lease-holder.ts', import.meta.url)

function ownersIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.alive'))
    .map((name) => name.slice(0, -'.alive'.length))
}

describe('Liveness', () => {
  it('knows itself and others of the same process to be alive until they close', () => {
    const folder = tempFolder()
    using one = disposable(Liveness.open(folder))
    const other = Liveness.open(folder)
    expect([one.it.isAlive(one.it.owner), one.it.isAlive(other.owner)]).toEqual([true, true])
    other.close()
    expect([one.it.isAlive(other.owner), other.isAlive(other.owner)]).toEqual([false, false])
    other.close()
  })

  it('keeps its own lock although others look at it', () => {
    const folder = tempFolder()
    using one = disposable(Liveness.open(folder))
    using other = disposable(Liveness.open(folder))
    for (let look = 0; look < 20; look++) expect(other.it.isAlive(one.it.owner)).toBe(true)
    expect(one.it.isAlive(other.it.owner)).toBe(true)
  })

  it('tells a killed process from one that is stopped', async () => {
    const folder = tempFolder()
    const child = new Child<LeaseRequest, number>(HOLDER)
    await child.ask({ do: 'acquire', folder })
    using own = disposable(Liveness.open(join(folder, 'alive')))
    const [theirs] = ownersIn(join(folder, 'alive')).filter((owner) => owner !== own.it.owner)
    expect(own.it.isAlive(theirs ?? '')).toBe(true)
    await child.stop()
    expect(own.it.isAlive(theirs ?? '')).toBe(true)
    await child.kill()
    expect(own.it.isAlive(theirs ?? '')).toBe(false)
  })

  it('takes an owner that never was for dead', () => {
    using own = disposable(Liveness.open(tempFolder()))
    expect(own.it.isAlive('0123456789abcdef')).toBe(false)
  })

  it('lets no owner lead out of its folder', () => {
    using own = disposable(Liveness.open(tempFolder()))
    expect(() => own.it.isAlive('../../etc/passwd')).toThrow(TypeError)
  })

  it('removes the files of the dead, and neither those of the living nor young ones', () => {
    const folder = tempFolder()
    using own = disposable(Liveness.open(folder))
    using other = disposable(Liveness.open(folder))
    const [dead, young] = ['0'.repeat(16), '1'.repeat(16)]
    for (const owner of [dead, young]) writeFileSync(join(folder, `${owner}.alive`), '')
    for (const owner of [dead, other.it.owner]) utimesSync(join(folder, `${owner}.alive`), 0, 0)
    own.it.sweep()
    expect(ownersIn(folder).sort()).toEqual([own.it.owner, other.it.owner, young].sort())
  })

  it('leaves no file behind when it closes, and keeps its files private', () => {
    const folder = join(tempFolder(), 'alive')
    mkdirSync(folder)
    const own = Liveness.open(folder)
    expect(statSync(join(folder, `${own.owner}.alive`)).mode & 0o777).toBe(0o600)
    own.close()
    expect(existsSync(join(folder, `${own.owner}.alive`))).toBe(false)
  })
})

function disposable(it: Liveness): { it: Liveness } & Disposable {
  return { it, [Symbol.dispose]: () => it.close() }
}
