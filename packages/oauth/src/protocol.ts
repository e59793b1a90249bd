/** The protocol library; it is loaded when the first message has to be written, not when an app starts. */
export type Protocol = typeof import('oauth4webapi')

export function loadProtocol(): Promise<Protocol> {
  return import('oauth4webapi')
}

/** Signatures; loaded on first use, because importing it takes 35 ms. */
export type Jose = typeof import('jose')

export function loadJose(): Promise<Jose> {
  return import('jose')
}
