import type { InteractionHandler } from '@accountry/accounts'
import type { Redirect } from './redirect-uri.ts'

/** How a person, or a machine without one, gets to a first credential. */
export const FLOWS = [
  'loopback',
  'device-code',
  'pasted-redirect',
  'app-link',
  'web',
  'client-credentials',
  'jwt-bearer',
] as const

export type OAuthFlow = (typeof FLOWS)[number]

/** What a flow needs and can do, so that adding one is adding a row. */
export interface FlowTraits {
  /** Needs a browser that reaches a listener of this process. */
  readonly needsLocalBrowser: boolean
  /** Runs to its end inside one call; otherwise through `startAddAccountSession` and `finishSession`. */
  readonly inOneCall: boolean
  /** There is a person who is asked. */
  readonly hasPerson: boolean
}

export const FLOW_TRAITS: Readonly<Record<OAuthFlow, FlowTraits>> = {
  loopback: { needsLocalBrowser: true, inOneCall: true, hasPerson: true },
  'device-code': {
    // The browser may be on a phone.
    needsLocalBrowser: false,
    inOneCall: true,
    hasPerson: true,
  },
  'pasted-redirect': {
    // The person carries the address over.
    needsLocalBrowser: false,
    inOneCall: true,
    hasPerson: true,
  },
  'app-link': {
    // The operating system finds the app; no listener is involved.
    needsLocalBrowser: false,
    // The link may start the app anew, so the call that began the sign-in may be gone.
    inOneCall: false,
    hasPerson: true,
  },
  web: {
    // The answer arrives at the app's web server.
    needsLocalBrowser: false,
    // Perhaps in another process than the one that began.
    inOneCall: false,
    hasPerson: true,
  },
  'client-credentials': {
    needsLocalBrowser: false,
    inOneCall: true,
    // The client acts for itself.
    hasPerson: false,
  },
  'jwt-bearer': {
    needsLocalBrowser: false,
    inOneCall: true,
    // A signed statement stands in for the person.
    hasPerson: false,
  },
}

/** What decides which flow can run. */
export interface FlowChoice {
  readonly flows: readonly OAuthFlow[]
  readonly redirect: Redirect
  readonly interaction: InteractionHandler | undefined
  /** Why a browser here cannot come back, see `environment.ts`. */
  readonly noLocalBrowser: string | undefined
}

/**
 * Picks the first flow of the list that can run to its end in one call. Pure.
 *
 * The surroundings only decide between several: an app that names one flow knows better than a guess.
 *
 * @returns The flow, or for each flow why it cannot run.
 */
export function pickFlow(choice: FlowChoice): PickedFlow {
  const reasons: string[] = []
  let needsInteraction = false
  for (const flow of choice.flows) {
    const unsupported = whyUnsupported(flow, choice)
    const reason = unsupported ?? whyNobodyCanBeAsked(flow, choice)
    if (reason === undefined) return { flow }
    needsInteraction ||= unsupported === undefined
    reasons.push(`${flow}: ${reason}`)
  }
  return { reasons, needsInteraction }
}

/** The flow to run; else why none can, and whether an app that asks people could. */
export type PickedFlow =
  | { readonly flow: OAuthFlow }
  | { readonly flow?: never; readonly reasons: readonly string[]; readonly needsInteraction: boolean }

/** Whether nobody signs in: the credential is the client's own. */
export function isUnattended(flows: readonly OAuthFlow[]): boolean {
  return flows.some((flow) => !FLOW_TRAITS[flow].hasPerson)
}

function whyUnsupported(flow: OAuthFlow, { redirect }: FlowChoice): string | undefined {
  if (!FLOW_TRAITS[flow].inOneCall) return 'it needs startAddAccountSession and finishSession'
  return flow === 'loopback' && redirect.kind !== 'loopback' ? 'redirectUri is not on this machine' : undefined
}

function whyNobodyCanBeAsked(flow: OAuthFlow, choice: FlowChoice): string | undefined {
  const { flows, interaction, noLocalBrowser } = choice
  if (flow === 'loopback' && interaction?.openBrowser === undefined) return 'the app opens no browser'
  if (flow === 'device-code' && interaction?.showDeviceCode === undefined) return 'the app shows no code'
  if (flow === 'pasted-redirect' && interaction?.promptCredentials === undefined) return 'the app asks no questions'
  return FLOW_TRAITS[flow].needsLocalBrowser && flows.length > 1 ? noLocalBrowser : undefined
}
