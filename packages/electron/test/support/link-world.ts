import { createOAuthAuthenticator } from '@accountry/oauth'
import {
  type AuthorizationServer,
  openTestManager,
  startAuthorizationServer,
  type TestManager,
} from '@accountry/testing'
import { type AppLinks, type AppLinksOptions, claimAppLinks, type SignIn } from '../../src/main/index.ts'
import { closeAfterTest } from './electron-app.ts'
import { type FakeApp, FakeDesktop, FakeShell } from './fake-app.ts'

export const TYPE = 'com.example'
export const REDIRECT = 'com.example.app:/signed-in'

export interface LinkWorld {
  readonly server: AuthorizationServer
  readonly desktop: FakeDesktop
  readonly app: FakeApp
  readonly shell: FakeShell
  readonly world: TestManager
  readonly links: AppLinks
  readonly signIn: SignIn
  /** What the app was told: `answer`, `expired`. */
  readonly told: string[]
  /** Begins a sign-in and returns where the browser was sent, when it was. */
  begin(): Promise<{ url: string; account: Promise<unknown> }>
  /** The link that answers what the browser shows. */
  answerTo(url: string): Promise<string>
}

/** An app whose sign-ins come back through links, with a real authorization server. */
export async function openLinkWorld(
  options: Partial<AppLinksOptions> & { readonly par?: boolean } = {},
): Promise<LinkWorld> {
  const { par = false, ...linkOptions } = options
  const server = closeAfterTest(await startAuthorizationServer({ features: { par }, appRedirectUris: [REDIRECT] }))
  const authenticator = createOAuthAuthenticator({
    type: TYPE,
    label: 'Tasks',
    issuer: server.issuer,
    clientId: server.clientId,
    flow: 'app-link',
    redirectUri: REDIRECT,
    par,
    tokenTypes: { tasks: { scopes: ['tasks.read'], origins: ['https://tasks.example'] } },
  })
  const world = closeAfterTest(await openTestManager({ authenticators: [authenticator] }))
  const desktop = new FakeDesktop()
  const app = (linkOptions.app as FakeApp | undefined) ?? desktop.launch()
  const shell = new FakeShell()
  const told: string[] = []
  const links = claimAppLinks({
    app,
    shell,
    redirectUri: REDIRECT,
    clock: world.clock,
    process: app.process,
    onAnswer: () => told.push('answer'),
    onExpired: () => told.push('expired'),
    ...linkOptions,
  })
  const signIn = links.signInWith(world.manager, [TYPE])
  return {
    server,
    desktop,
    app,
    shell,
    world,
    links,
    signIn,
    told,
    async begin() {
      const { promise, resolve } = Promise.withResolvers<string>()
      shell.browse = async (url) => resolve(url)
      const account = signIn.addAccount(TYPE, {}).catch((error: unknown) => error)
      const url = await Promise.race([promise, account])
      if (typeof url !== 'string') throw url
      return { url, account }
    },
    answerTo: async (url) => (await server.signIn(url)).href,
  }
}
