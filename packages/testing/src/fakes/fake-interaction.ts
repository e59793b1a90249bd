import { AccountError, type InteractionHandler, SecretInput } from '@accountry/accounts'
import { CallScript, type HoldOptions, type ScriptedAnswer, type ScriptedCall } from './call-script.ts'

type Methods = Required<InteractionHandler>

export type FakeInteractionMethod = keyof Methods

/** A value to answer, an error to throw, or a function that is called with the request. */
export type FakeInteractionAnswer<Method extends FakeInteractionMethod> = ScriptedAnswer<
  Awaited<ReturnType<Methods[Method]>>,
  Parameters<Methods[Method]>
>

/** One thing that the person was asked or shown. */
export type FakeInteractionRequest<Method extends FakeInteractionMethod = FakeInteractionMethod> = {
  [Name in Method]: {
    readonly method: Name
    readonly request: Parameters<Methods[Name]>[0]
    /** Whether the person has answered. */
    readonly isEnded: boolean
  }
}[Method]

export interface FakeInteractionScript {
  /** The methods that there are. Default: all. */
  readonly methods?: readonly FakeInteractionMethod[]
  /** What the person types into fields, by name. Default: the field's value, else nothing. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Opens the browser, e.g. that of a test server. Default: nothing happens. */
  readonly browser?: Pick<InteractionHandler, 'openBrowser'>
  /** The first answers, by method. */
  readonly answers?: { readonly [Method in FakeInteractionMethod]?: readonly FakeInteractionAnswer<Method>[] }
}

export interface FakeInteraction extends InteractionHandler {
  /** Everything that the person was asked or shown so far, oldest first. */
  readonly requests: readonly FakeInteractionRequest[]
  requestsOf<Method extends FakeInteractionMethod>(method: Method): readonly FakeInteractionRequest<Method>[]
  /** @param method Default: all methods. */
  count(method?: FakeInteractionMethod): number
  /** Resolves when a method has been called so often in all. @param count Default 1. */
  whenAsked(method: FakeInteractionMethod, count?: number): Promise<void>
  /** What the person answers next, one each; afterwards the usual again. */
  next<Method extends FakeInteractionMethod>(method: Method, ...answers: readonly FakeInteractionAnswer<Method>[]): void
  /** What the person always answers from now on; `undefined`: the usual again. */
  always<Method extends FakeInteractionMethod>(method: Method, answer: FakeInteractionAnswer<Method> | undefined): void
  /** The person gives up the next time: `ERR_INTERACTION_CANCELED`. */
  cancelNext(method: FakeInteractionMethod): void
  /** The person takes their time, until {@link release} or the abort. */
  hold(method: FakeInteractionMethod, options?: HoldOptions): void
  release(method?: FakeInteractionMethod): void
}

/**
 * A person who does what a script says. Without one they agree to everything: look at what they are shown, type what
 * they know, choose the first account and allow what is asked.
 */
export function createFakeInteraction(script: FakeInteractionScript = {}): FakeInteraction {
  const calls = new CallScript<FakeInteractionMethod>()
  for (const [method, answers] of Object.entries(script.answers ?? {})) {
    calls.next(method as FakeInteractionMethod, answers)
  }
  const controls: Omit<FakeInteraction, FakeInteractionMethod> = {
    get requests() {
      return calls.calls.map(asRequest)
    },
    requestsOf<Method extends FakeInteractionMethod>(method: Method) {
      return calls.calls.filter((call) => call.method === method).map(asRequest) as FakeInteractionRequest<Method>[]
    },
    count: (method) => calls.count(method),
    whenAsked: (method, count = 1) => calls.whenCalled(method, count),
    next: (method, ...answers) => calls.next(method, answers),
    always: (method, answer) => calls.always(method, answer),
    cancelNext: (method) =>
      calls.next(method, [new AccountError('ERR_INTERACTION_CANCELED', 'the person gave up, as the script says')]),
    hold: (method, options) => calls.hold(method, options),
    release: (method) => calls.release(method),
  }
  const usual = usualAnswers(script)
  for (const method of script.methods ?? (Object.keys(usual) as FakeInteractionMethod[])) {
    const answer = usual[method] as (request: unknown) => unknown
    Object.assign(controls, {
      [method]: async (request: { readonly signal?: AbortSignal }) =>
        await calls.run(method, [request], { signal: request.signal, usual: () => answer(request) }),
    })
  }
  return controls
}

function asRequest({ method, args, isEnded }: ScriptedCall): FakeInteractionRequest {
  return { method, request: args[0], isEnded } as FakeInteractionRequest
}

function usualAnswers({ credentials = {}, browser }: FakeInteractionScript): Methods {
  return {
    openBrowser: async (request) => await browser?.openBrowser?.(request),
    showDeviceCode: async () => undefined,
    promptCredentials: async ({ fields }) =>
      Object.fromEntries(
        fields.map(({ name, value = '' }) => [name, new SecretInput(credentials[name] ?? value)] as const),
      ),
    chooseAccount: async ({ candidates }) => {
      const [first] = candidates
      if (first === undefined) throw new AccountError('ERR_INTERACTION_CANCELED', 'there is no account to choose')
      return first
    },
    confirmGrant: async () => true,
  }
}
