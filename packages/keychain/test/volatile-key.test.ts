import { describeKeyProvider } from '@accountry/testing/suites'
import { describe, expect, it } from 'vitest'
import { volatileKey } from '../src/index.ts'

describeKeyProvider('volatileKey', () => volatileKey())

describe('volatileKey', () => {
  it('says that its key is gone with the process', () => {
    expect(volatileKey()).toMatchObject({ id: 'volatile', volatile: true, protection: 'os-user' })
  })

  it('keeps the keys of each instance to itself', async () => {
    const [one, other] = [volatileKey(), volatileKey()]
    await one.store('vault', new Uint8Array(32).fill(1))
    expect(await other.load('vault')).toMatchObject({ kind: 'absent' })
  })
})
