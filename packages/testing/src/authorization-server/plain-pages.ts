import type { KoaContextWithOIDC } from 'oidc-provider'

type Page = (context: KoaContextWithOIDC) => Promise<void>

function page(text: string): Page {
  return async (context) => {
    context.type = 'text'
    context.body = text
  }
}

/** Pages in plain text. The provider's own ones say on stdout that they should be replaced. */
export const plainPages: {
  readonly configuration: {
    readonly renderError: (context: KoaContextWithOIDC, out: object) => Promise<void>
    readonly clientBasedCORS: () => boolean
  }
  readonly device: Readonly<Record<'userCodeInputSource' | 'userCodeConfirmSource' | 'successSource', Page>>
  readonly logout: Readonly<Record<'logoutSource' | 'postLogoutSuccessSource', Page>>
} = {
  configuration: {
    renderError: async (context, out) => {
      context.type = 'text'
      context.body = JSON.stringify(out)
    },
    clientBasedCORS: () => false,
  },
  device: {
    userCodeInputSource: page('Enter the code. Tests use approveDevice().'),
    userCodeConfirmSource: page('Confirm the code. Tests use approveDevice().'),
    successSource: page('The device is signed in.'),
  },
  logout: {
    logoutSource: page('Sign out?'),
    postLogoutSuccessSource: page('Signed out.'),
  },
}
