import { AccountError } from '@accountry/accounts'
import { describeKeyProvider } from '@accountry/testing/suites'
import { describe, expect, it } from 'vitest'
import { passphraseKey } from '../src/index.ts'
import { createPassphraseKey, type PassphraseRequest } from '../src/passphrase-key.ts'

/** Deriving at full cost takes most of a second; the default is used where the cost itself is tested. */
const CHEAP = { logN: 4, r: 8, p: 1 }
const key = Uint8Array.from({ length: 32 }, (_, index) => index)

type Answer = string | Error | ((request: PassphraseRequest) => Promise<string>)

/** A person who gives these answers in turn, and what was asked. */
function person(...answers: Answer[]) {
  const asked: PassphraseRequest[] = []
  const prompt = async (request: PassphraseRequest): Promise<string> => {
    asked.push(request)
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? ''
    if (answer instanceof Error) throw answer
    return typeof answer === 'string' ? answer : await answer(request)
  }
  return { provider: createPassphraseKey({ prompt }, CHEAP), asked }
}

async function wrapped(passphrase: string): Promise<Uint8Array> {
  return await person(passphrase).provider.wrap(key)
}

describeKeyProvider(
  'passphraseKey',
  () => {
    let answer: Answer = 'open sesame'
    const prompt = async (): Promise<string> => {
      if (answer instanceof Error) throw answer
      return answer as string
    }
    const provider = createPassphraseKey({ prompt }, CHEAP)
    const reopen = () => createPassphraseKey({ prompt }, CHEAP)
    const answers = {
      locked: new AccountError('ERR_INTERACTION_CANCELED', 'closed'),
      denied: 'wrong',
      unavailable: new Error('no terminal'),
      corrupt: '',
    }
    const arrange = async (outcome: keyof typeof answers) => {
      answer = answers[outcome]
      return async () => {
        answer = 'open sesame'
      }
    }
    return { provider, reopen, arrange }
  },
  { kind: 'wrap', outcomes: ['locked', 'denied', 'unavailable'] },
)

describe('passphraseKey', () => {
  it('derives with scrypt N=2^17, r=8, p=1 by default and records that in the blob', async () => {
    const provider = passphraseKey({ prompt: async () => 'correct horse' })
    expect(provider).toMatchObject({ id: 'passphrase', kind: 'wrap', protection: 'passphrase' })
    const blob = await provider.wrap(key)
    expect([...blob.subarray(4, 8)]).toEqual([1, 17, 8, 1])
    expect(await provider.unwrap(blob)).toEqual({ kind: 'found', key })
  })

  it('keeps the event loop free while it derives', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await passphraseKey({ prompt: async () => 'correct horse' }).wrap(key)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  it('asks once for a new passphrase, and says that it is a new one', async () => {
    const { provider, asked } = person('first')
    await provider.wrap(key)
    expect(asked).toEqual([{ attempt: 1, create: true, signal: expect.any(AbortSignal) }])
  })

  it('asks again after an empty answer, counting, and gives up a new key after three', async () => {
    const slow = person('', '', 'third')
    await slow.provider.wrap(key)
    expect(slow.asked.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    const silent = person('')
    await expect(silent.provider.wrap(key)).rejects.toMatchObject({ code: 'ERR_INTERACTION_CANCELED' })
    expect(silent.asked).toHaveLength(3)
  })

  it('asks again after a wrong passphrase, three times in all, and then says that it is wrong', async () => {
    const blob = await wrapped('right')
    const unsure = person('wrong', '', 'right')
    expect(await unsure.provider.unwrap(blob)).toEqual({ kind: 'found', key })
    expect(unsure.asked.map(({ attempt, create }) => ({ attempt, create }))).toEqual(
      [1, 2, 3].map((attempt) => ({ attempt, create: false })),
    )
    const stranger = person('wrong', 'worse', 'worst', 'right')
    expect(await stranger.provider.unwrap(blob)).toEqual({ kind: 'denied', why: 'the passphrase is wrong' })
    expect(stranger.asked).toHaveLength(3)
    expect(await person('').provider.unwrap(blob)).toEqual({ kind: 'locked', why: 'no passphrase was entered' })
  })

  it('never asks when that is forbidden, and asks when nothing is said', async () => {
    const blob = await wrapped('right')
    const { provider, asked } = person('right')
    expect(await provider.unwrap(blob, { interaction: 'never' })).toMatchObject({ kind: 'locked' })
    await expect(provider.wrap(key, { interaction: 'never' })).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(asked).toHaveLength(0)
    expect(await provider.unwrap(blob, { interaction: 'allow' })).toMatchObject({ kind: 'found' })
  })

  it('tells every kind of damage from a wrong passphrase, without asking', async () => {
    const blob = await wrapped('right')
    const damaged = Array.from(blob, (_, at) => blob.map((byte, index) => (index === at ? byte ^ 0x80 : byte)))
    const { provider, asked } = person('right')
    for (const bad of [...damaged, blob.subarray(1), blob.subarray(0, 20), new Uint8Array(blob.length)]) {
      expect(await provider.unwrap(bad)).toMatchObject({ kind: 'corrupt' })
    }
    expect(asked).toHaveLength(0)
  })

  it('does no more work than is sensible, whatever a blob asks for', async () => {
    const { hash } = await import('node:crypto')
    const blob = await wrapped('right')
    for (const [at, value] of [
      [5, 19],
      [5, 0],
      [6, 9],
      [6, 0],
      [7, 5],
      [7, 0],
      [4, 2],
    ] as const) {
      // A forger can make the checksum fit.
      const forged = Buffer.from(blob)
      forged[at] = value
      hash('sha256', forged.subarray(0, -8), 'buffer').copy(forged, forged.length - 8, 0, 8)
      const { provider, asked } = person('right')
      expect(await provider.unwrap(forged)).toMatchObject({ kind: 'corrupt' })
      expect(asked).toHaveLength(0)
    }
  })

  it('takes a passphrase as the same however the keyboard composed its letters', async () => {
    const blob = await wrapped('Zu\u0308rich')
    expect(await person('Z\u00fcrich').provider.unwrap(blob)).toMatchObject({ kind: 'found' })
    expect(await person('Zurich').provider.unwrap(blob)).toMatchObject({ kind: 'denied' })
  })

  it('stays locked when the person cancels or does not answer, and may be asked again later', async () => {
    const blob = await wrapped('right')
    for (const code of ['ERR_INTERACTION_CANCELED', 'ERR_INTERACTION_TIMEOUT', 'ERR_INTERACTION_REQUIRED'] as const) {
      const { provider } = person(new AccountError(code, 'closed'), 'right')
      expect(await provider.unwrap(blob)).toMatchObject({ kind: 'locked' })
      expect(await provider.unwrap(blob)).toMatchObject({ kind: 'found' })
      await expect(person(new AccountError(code, 'closed')).provider.wrap(key)).rejects.toMatchObject({ code })
    }
  })

  it('calls itself unavailable when the prompt fails, and shows nothing of what it was told', async () => {
    const blob = await wrapped('right')
    const failure = new Error('cannot ask: right')
    expect(await person(failure).provider.unwrap(blob)).toEqual({
      kind: 'unavailable',
      why: 'the passphrase prompt failed',
    })
    const error = await person(failure)
      .provider.wrap(key)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE', message: 'the passphrase prompt failed' })
    expect(JSON.stringify(error)).not.toContain('right')
  })

  it('refuses a prompt that answers something else than text with a TypeError that does not show it', async () => {
    const blob = await wrapped('right')
    for (const answer of [undefined, null, 42, ['right']]) {
      const { provider } = person(async () => answer as never)
      await expect(provider.unwrap(blob)).rejects.toThrow(/^prompt must resolve a string, received (?!.*right)/)
      await expect(provider.wrap(key)).rejects.toThrow(TypeError)
    }
  })

  it('stops waiting for the person when the caller gives up, and tells the prompt', async () => {
    const blob = await wrapped('right')
    const caller = new AbortController()
    let told = false
    const { provider } = person(async ({ signal }) => {
      signal.addEventListener('abort', () => {
        told = true
      })
      caller.abort()
      return await new Promise(() => {})
    })
    await expect(provider.unwrap(blob, { signal: caller.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(told).toBe(true)
  })

  it('asks one question at a time', async () => {
    const blob = await wrapped('right')
    let open = 0
    const { provider } = person(async () => {
      expect(++open).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      open--
      return 'right'
    })
    const outcomes = await Promise.all([provider.unwrap(blob), provider.unwrap(blob), provider.unwrap(blob)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['found', 'found', 'found'])
  })

  it('refuses wrong options with a TypeError', () => {
    expect(() => passphraseKey(undefined as never)).toThrow(/options/)
    expect(() => passphraseKey({} as never)).toThrow(/prompt/)
  })
})
