import { osKeychain } from '../../src/index.ts'

/** One call on the OS keychain. */
export interface Step {
  readonly do: 'load' | 'store' | 'delete'
  readonly name: string
  /** Hexadecimal. */
  readonly key?: string
  readonly interaction?: 'never' | 'allow'
  readonly abortAfterMs?: number
}

/** What came of it: an outcome with the key in hexadecimal, `{ kind: 'done' }`, or the error's code and message. */
export interface StepResult {
  readonly kind?: string
  readonly key?: string
  readonly why?: string
  readonly code?: string
  readonly message?: string
}

/** Takes the steps in turn, as JSON `{ options, steps }` in the first argument, and prints the results as JSON. */
const { options, steps } = JSON.parse(process.argv[2] ?? '{}') as { options: object; steps: Step[] }
const provider = osKeychain(options)
const results: StepResult[] = []
for (const step of steps) results.push(await take(step).catch(({ code, message }) => ({ code, message })))
console.log(JSON.stringify(results))

async function take(step: Step): Promise<StepResult> {
  const key = Uint8Array.from(Buffer.from(step.key ?? '', 'hex'))
  if (step.do === 'store') await provider.store(step.name, key)
  if (step.do === 'delete') await provider.delete(step.name)
  if (step.do !== 'load') return { kind: 'done' }
  const signal = step.abortAfterMs === undefined ? {} : { signal: AbortSignal.timeout(step.abortAfterMs) }
  const interaction = step.interaction === undefined ? {} : { interaction: step.interaction }
  const outcome = await provider.load(step.name, { ...interaction, ...signal })
  if (outcome.kind !== 'found') return outcome
  return { kind: 'found', key: Buffer.from(outcome.key).toString('hex') }
}
