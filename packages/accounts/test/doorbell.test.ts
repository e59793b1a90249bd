import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Doorbell } from '../src/storage/doorbell.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'

function doorbell(file: string): Doorbell {
  const bell = new Doorbell(file)
  onTestFinished(() => bell.close())
  return bell
}

describe('the doorbell', () => {
  it('is heard by others who listen at the same file', async () => {
    const file = join(tempFolder(), 'doorbell')
    const heard = Promise.withResolvers<void>()
    doorbell(file).onRing(() => heard.resolve())
    doorbell(file).ring()
    await heard.promise
  })

  it('is not heard any more by who stopped listening', async () => {
    const file = join(tempFolder(), 'doorbell')
    const heard = Promise.withResolvers<void>()
    let wrong = 0
    const bell = doorbell(file)
    const stop = bell.onRing(() => {
      wrong += 1
    })
    stop()
    bell.onRing(() => heard.resolve())
    doorbell(file).ring()
    await heard.promise
    expect(wrong).toBe(0)
  })

  it('is made anew when its file was deleted, private', () => {
    const file = join(tempFolder(), 'doorbell')
    const bell = doorbell(file)
    bell.ring()
    rmSync(file)
    bell.ring()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('rings in vain, silently, where nothing can be written', () => {
    const folder = join(tempFolder(), 'gone')
    const bell = doorbell(join(folder, 'doorbell'))
    bell.onRing(() => undefined)
    bell.ring()
    expect(existsSync(folder)).toBe(false)
    mkdirSync(folder)
    bell.ring()
    expect(existsSync(join(folder, 'doorbell'))).toBe(true)
  })

  it('is silent after it was closed', async () => {
    const file = join(tempFolder(), 'doorbell')
    let heard = 0
    const bell = doorbell(file)
    bell.onRing(() => {
      heard += 1
    })
    bell.close()
    doorbell(file).ring()
    await settle()
    expect(heard).toBe(0)
  })
})
