import { existsSync, readFileSync } from 'node:fs'

/** Where this process runs, as far as it matters to a browser that has to come back to it. */
export type Place = 'desktop' | 'wsl' | 'remoteShell' | 'cloudWorkspace' | 'container' | 'noDisplay'

/** What of the surroundings is looked at. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly hasFile: (path: string) => boolean
  /** What the kernel says it is; empty where it says nothing. */
  readonly kernel: () => string
}

/** The surroundings of this process. */
export function ownSurroundings(): Surroundings {
  return { variables: process.env, platform: process.platform, hasFile: existsSync, kernel: kernelVersion }
}

/**
 * Guesses where this process runs. Pure.
 *
 * The order matters: a shell that somebody opened over SSH in a container is remote for the browser first of all, and a
 * container inside WSL is a container.
 */
export function placeOf({ variables, platform, hasFile, kernel }: Surroundings): Place {
  const isSet = (...names: readonly string[]): boolean => names.some((name) => (variables[name] ?? '') !== '')
  if (isSet('SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY')) return 'remoteShell'
  if (isSet('CODESPACES', 'GITPOD_WORKSPACE_ID', 'CLOUD_SHELL')) return 'cloudWorkspace'
  if (platform === 'darwin' || platform === 'win32') return 'desktop'
  // What systemd, Docker and Podman leave in every container that they start.
  if (isSet('KUBERNETES_SERVICE_HOST', 'container') || hasFile('/.dockerenv') || hasFile('/run/.containerenv')) {
    return 'container'
  }
  // The variables get lost with sudo; the kernel's name does not.
  if (isSet('WSL_DISTRO_NAME', 'WSL_INTEROP') || /microsoft/i.test(kernel())) return 'wsl'
  return isSet('DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER') ? 'desktop' : 'noDisplay'
}

function kernelVersion(): string {
  try {
    return readFileSync('/proc/version', 'utf8')
  } catch {
    return ''
  }
}
