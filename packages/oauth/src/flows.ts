import type { InteractionHandler } from '@accountry/accounts'
import type { Place } from './environment.ts'
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

/** Where a flow can run and what it can do, so that adding one is adding a row. Each `false` has its reason. */
export interface FlowTraits extends Readonly<Record<Place, boolean>> {
  /** Runs to its end inside one call; otherwise through `startAddAccountSession` and `finishSession`. */
  readonly inOneCall: boolean
  /** There is a person who is asked. */
  readonly hasPerson: boolean
}

const EVERYWHERE: Readonly<Record<Place, true>> = {
  desktop: true,
  wsl: true,
  remoteShell: true,
  cloudWorkspace: true,
  container: true,
  noDisplay: true,
}

export const FLOW_TRAITS: Readonly<Record<OAuthFlow, FlowTraits>> = {
  loopback: {
    desktop: true,
    // A browser on Windows reaches a listener on 127.0.0.1 inside WSL.
    wsl: true,
    // 127.0.0.1 of the machine with the browser is not this machine's.
    remoteShell: false,
    // The browser is at home, and nothing leads from its 127.0.0.1 to here.
    cloudWorkspace: false,
    // The browser is outside, and the port inside is published to nobody.
    container: false,
    // There is nothing to open a browser on.
    noDisplay: false,
    inOneCall: true,
    hasPerson: true,
  },
  // The browser may be on a phone.
  'device-code': { ...EVERYWHERE, inOneCall: true, hasPerson: true },
  // The person carries the address over.
  'pasted-redirect': { ...EVERYWHERE, inOneCall: true, hasPerson: true },
  'app-link': {
    // The operating system finds the app; no listener is involved.
    ...EVERYWHERE,
    // The link may start the app anew, so the call that began the sign-in may be gone.
    inOneCall: false,
    hasPerson: true,
  },
  web: {
    // The answer arrives at the app's web server.
    ...EVERYWHERE,
    // Perhaps in another process than the one that began.
    inOneCall: false,
    hasPerson: true,
  },
  'client-credentials': {
    ...EVERYWHERE,
    inOneCall: true,
    // The client acts for itself.
    hasPerson: false,
  },
  'jwt-bearer': {
    ...EVERYWHERE,
    inOneCall: true,
    // A signed statement stands in for the person.
    hasPerson: false,
  },
}

/** What a person reads about a place where no flow of the app's list can run. */
const NOT_HERE: Readonly<Record<Place, string>> = {
  desktop: 'this is a desktop',
  wsl: 'this is WSL',
  remoteShell: 'this is a remote shell; the browser runs on another machine',
  cloudWorkspace: 'this is a workspace in the cloud; the browser runs on another machine',
  container: 'this is a container, which a browser outside does not reach',
  noDisplay: 'there is no display for a browser',
}

/** What decides which flow can run. */
export interface FlowChoice {
  readonly flows: readonly OAuthFlow[]
  readonly redirect: Redirect
  readonly interaction: InteractionHandler | undefined
  /** Where this process runs, see `environment.ts`. */
  readonly place: Place
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
  const { flows, interaction, place } = choice
  if (flow === 'loopback' && interaction?.openBrowser === undefined) return 'the app opens no browser'
  if (flow === 'device-code' && interaction?.showDeviceCode === undefined) return 'the app shows no code'
  if (flow === 'pasted-redirect' && interaction?.promptCredentials === undefined) return 'the app asks no questions'
  return FLOW_TRAITS[flow][place] || flows.length === 1 ? undefined : NOT_HERE[place]
}
