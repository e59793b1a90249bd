/** How a person, or a machine without one, gets to a first credential. */
export const FLOWS = ['loopback', 'device-code', 'app-link', 'web', 'client-credentials', 'jwt-bearer'] as const

export type OAuthFlow = (typeof FLOWS)[number]

/** What a flow needs, so that adding one is adding a row. */
export interface FlowTraits {
  /** Works while a person sits at this machine with a browser. */
  readonly localBrowser: boolean
  /** Works over SSH, in a container or anywhere else without a browser. */
  readonly headless: boolean
  /** Runs to its end inside one call; otherwise through `startAddAccountSession` and `finishSession`. */
  readonly inOneCall: boolean
  /** There is a person who can be asked. */
  readonly person: boolean
}

export const FLOW_TRAITS: Readonly<Record<OAuthFlow, FlowTraits>> = {
  loopback: {
    localBrowser: true,
    // The redirect goes to the loopback interface of the machine that runs the browser, which is another one.
    headless: false,
    inOneCall: true,
    person: true,
  },
  'device-code': { localBrowser: true, headless: true, inOneCall: true, person: true },
  'app-link': {
    localBrowser: true,
    // The operating system that opens the link is the one that runs the browser.
    headless: false,
    // The link may start the app anew, so the call that began the sign-in may be gone.
    inOneCall: false,
    person: true,
  },
  web: {
    localBrowser: true,
    headless: true,
    // The answer arrives at the app's web server, perhaps in another process.
    inOneCall: false,
    person: true,
  },
  'client-credentials': {
    localBrowser: true,
    headless: true,
    inOneCall: true,
    // The client acts for itself.
    person: false,
  },
  'jwt-bearer': {
    localBrowser: true,
    headless: true,
    inOneCall: true,
    // A signed statement stands in for the person.
    person: false,
  },
}
