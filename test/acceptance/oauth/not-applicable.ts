const MCP = 'the protocol of MCP belongs to the planned `mcp` package'

/**
 * The cases that cannot be tested here, each with the reason. Every other case has a test whose name carries its id;
 * `coverage.test.ts` compares both with the list of all cases.
 */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'A-04': 'whether a server checks PKCE shows only when a person’s code is spent on it; `doctor` signs nobody in',
  'C-25': 'there is no dynamic client registration: a client is registered by the app’s developer',
  'E-27': 'introspection is for resource servers; nothing here asks for it',
  'E-52': 'there are no rich authorization requests',
  'E-60': 'there is no CIBA',
  'E-61': 'there are no first-party app flows: only the system browser is shown a password',
  'E-63': 'there is no client attestation',
  'F-12': 'there is no dynamic client registration',
  'F-13': 'there is no dynamic client registration',
  'F-14': MCP,
  'F-16': `${MCP}: client id documents are published by apps, and nothing here reads one`,
  'F-17': 'there is one way to have a client, the registered one, so nothing can take its place',
  'F-22': MCP,
  'F-24': MCP,
  'F-30': MCP,
}
