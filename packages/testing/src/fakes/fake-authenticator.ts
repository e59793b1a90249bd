import type { Authenticator, AuthenticatorCapabilities, TokenTypeDescription } from '@accountry/accounts'
import { CallScript, type HoldOptions, type ScriptedAnswer, type ScriptedCall } from './call-script.ts'
import { type AccountBehaviour, usualAnswers } from './fake-authenticator-answers.ts'

type Methods = Required<Omit<Authenticator, 'description' | 'configuration'>>

export type FakeAuthenticatorMethod = keyof Methods

/** A value to answer, an error to throw, or a function that is called with the request and the context. */
export type FakeAuthenticatorAnswer<Method extends FakeAuthenticatorMethod> = ScriptedAnswer<
  Awaited<ReturnType<Methods[Method]>>,
  Parameters<Methods[Method]>
>

/** One call that a fake authenticator received. */
export type FakeAuthenticatorCall<Method extends FakeAuthenticatorMethod = FakeAuthenticatorMethod> = {
  [Name in Method]: {
    readonly method: Name
    readonly request: Parameters<Methods[Name]>[0]
    readonly context: Parameters<Methods[Name]>[1]
    /** Whether it has answered or thrown. */
    readonly isEnded: boolean
  }
}[Method]

export interface FakeAuthenticatorScript extends AccountBehaviour {
  /** Default `com.example`. */
  readonly type?: string
  /** Default `Example`. */
  readonly label?: string
  /** Default: none is declared, so that every string is accepted. */
  readonly tokenTypes?: Readonly<Record<string, TokenTypeDescription>>
  readonly capabilities?: AuthenticatorCapabilities
  /** What accounts have, also by name: makes `hasFeatures` present. */
  readonly features?: readonly string[] | Readonly<Record<string, readonly string[]>>
  /** Makes `updateCredentials` present: the same person signs in again. */
  readonly canUpdate?: boolean
  /** Makes `confirmCredentials` present: it compares with the password, and asks for it when none is given. */
  readonly canConfirm?: boolean
  /** Makes `editProperties` present. */
  readonly canEdit?: boolean
  /** Makes `getAccountRemovalAllowed` present. */
  readonly removalAllowed?: boolean
  /** Makes the four methods about sessions present. */
  readonly canStartSessions?: boolean
  /** Makes `revoke` and `discard` present. */
  readonly canRevoke?: boolean
  /** Makes `authorizeRequest` present, and the tokens bound: their scheme is `DPoP`. */
  readonly canAuthorize?: boolean
  /** Texts for people, by token type: makes `getAuthTokenLabel` present. */
  readonly labels?: Readonly<Record<string, string>>
  /** Answers of the first calls. A method that has some is present. */
  readonly answers?: { readonly [Method in FakeAuthenticatorMethod]?: readonly FakeAuthenticatorAnswer<Method>[] }
}

export interface FakeAuthenticator extends Authenticator {
  /** Every call so far, oldest first. */
  readonly calls: readonly FakeAuthenticatorCall[]
  callsOf<Method extends FakeAuthenticatorMethod>(method: Method): readonly FakeAuthenticatorCall<Method>[]
  /** @param method Default: all methods. */
  count(method?: FakeAuthenticatorMethod): number
  /** Resolves when a method has been called so often in all. @param count Default 1. */
  whenCalled(method: FakeAuthenticatorMethod, count?: number): Promise<void>
  /** What the next calls of a method do, one each; afterwards it does the usual again. */
  next<Method extends FakeAuthenticatorMethod>(
    method: Method,
    ...answers: readonly FakeAuthenticatorAnswer<Method>[]
  ): void
  /** What every call of a method does from now on, after what {@link next} says; `undefined`: the usual again. */
  always<Method extends FakeAuthenticatorMethod>(
    method: Method,
    answer: FakeAuthenticatorAnswer<Method> | undefined,
  ): void
  /** From now on calls of a method wait before they do anything, until {@link release} or their abort. */
  hold(method: FakeAuthenticatorMethod, options?: HoldOptions): void
  /** Lets the calls that wait go on, and ends the holding. @param method Default: all methods. */
  release(method?: FakeAuthenticatorMethod): void
}

/**
 * An authenticator that needs no service: it signs in at once as whoever is asked for, issues `token-1`, `token-2`, …,
 * and does anything else that a script says, however bad. Optional methods are present only when they are asked for.
 *
 * @example
 * ```ts
 * const authenticator = createFakeAuthenticator({ rotates: true })
 * authenticator.next('getAuthToken', new AccountError('ERR_NETWORK', 'no way'), neverAnswers)
 * await manager.getAuthToken(account, 'tasks')          // ERR_NETWORK
 * expect(authenticator.count('getAuthToken')).toBe(1)
 * ```
 */
export function createFakeAuthenticator(script: FakeAuthenticatorScript = {}): FakeAuthenticator {
  const calls = new CallScript<FakeAuthenticatorMethod>()
  for (const [method, answers] of Object.entries(script.answers ?? {})) {
    calls.next(method as FakeAuthenticatorMethod, answers)
  }
  const { type = 'com.example', label = 'Example', tokenTypes, capabilities } = script
  const controls: Omit<FakeAuthenticator, FakeAuthenticatorMethod> = {
    description: {
      type,
      label,
      ...(tokenTypes !== undefined && { tokenTypes }),
      ...(capabilities !== undefined && { capabilities }),
    },
    get calls() {
      return calls.calls.map(asCall)
    },
    callsOf<Method extends FakeAuthenticatorMethod>(method: Method) {
      return calls.calls.filter((call) => call.method === method).map(asCall) as FakeAuthenticatorCall<Method>[]
    },
    count: (method) => calls.count(method),
    whenCalled: (method, count = 1) => calls.whenCalled(method, count),
    next: (method, ...answers) => calls.next(method, answers),
    always: (method, answer) => calls.always(method, answer),
    hold: (method, options) => calls.hold(method, options),
    release: (method) => calls.release(method),
  }
  // Getters must stay getters, so the methods are added to the controls and not the other way round.
  return Object.assign(controls, methodsOf(script, calls)) as unknown as FakeAuthenticator
}

function methodsOf(
  script: FakeAuthenticatorScript,
  calls: CallScript<FakeAuthenticatorMethod>,
): Record<string, (...args: readonly unknown[]) => unknown> {
  const usual = usualAnswers(script)
  const methods: Record<string, (...args: readonly unknown[]) => unknown> = {}
  for (const method of presentMethods(script)) {
    const answer = usual[method] as (...args: readonly unknown[]) => unknown
    methods[method] =
      method === 'getAuthTokenLabel'
        ? (...args) => calls.runSync(method, args, () => answer(...args))
        : async (...args) => await calls.run(method, args, { signal: signalOf(args), usual: () => answer(...args) })
  }
  return methods
}

function presentMethods(script: FakeAuthenticatorScript): ReadonlySet<FakeAuthenticatorMethod> {
  const optional: readonly (readonly [unknown, readonly FakeAuthenticatorMethod[]])[] = [
    [script.features, ['hasFeatures']],
    [script.canUpdate, ['updateCredentials']],
    [script.canConfirm, ['confirmCredentials']],
    [script.canEdit, ['editProperties']],
    [script.removalAllowed !== undefined, ['getAccountRemovalAllowed']],
    [script.canStartSessions, SESSION_METHODS],
    [script.canRevoke, ['revoke', 'discard']],
    [script.canAuthorize, ['authorizeRequest']],
    [script.labels, ['getAuthTokenLabel']],
  ]
  const asked = optional.filter(([isAsked]) => Boolean(isAsked)).flatMap(([, methods]) => methods)
  const scripted = Object.keys(script.answers ?? {}) as FakeAuthenticatorMethod[]
  return new Set<FakeAuthenticatorMethod>(['addAccount', 'getAuthToken', ...asked, ...scripted])
}

const SESSION_METHODS = [
  'startAddAccountSession',
  'startUpdateCredentialsSession',
  'finishSession',
  'isCredentialsUpdateSuggested',
] as const

function asCall({ method, args, isEnded }: ScriptedCall): FakeAuthenticatorCall {
  return { method, request: args[0], context: args[1], isEnded } as FakeAuthenticatorCall
}

function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  return (args[1] as { signal?: AbortSignal } | undefined)?.signal
}
