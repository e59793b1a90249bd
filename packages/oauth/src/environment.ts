/** What of the surroundings decides whether a browser on this machine can come back to this process. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/**
 * Says why a browser that a person uses cannot reach a listener of this process. Pure.
 *
 * WSL is not a reason: a browser on Windows reaches a listener on 127.0.0.1 inside it.
 *
 * @returns The reason, or `undefined` when nothing speaks against it.
 */
export function noLocalBrowser({ variables, platform }: Surroundings): string | undefined {
  const isSet = (name: string): boolean => (variables[name] ?? '') !== ''
  if (isSet('SSH_CONNECTION') || isSet('SSH_TTY')) return 'this is a remote shell; the browser runs on another machine'
  if (isSet('CODESPACES') || isSet('GITPOD_WORKSPACE_ID')) return 'this is a workspace in the cloud'
  if (isSet('KUBERNETES_SERVICE_HOST') || isSet('container')) return 'this is a container'
  if (platform === 'darwin' || platform === 'win32' || isSet('WSL_DISTRO_NAME') || isSet('BROWSER')) return undefined
  return isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') ? undefined : 'there is no display'
}
