import type { BlockList } from 'node:net'
import { nodeNet } from './builtin.ts'

// Ranges that belong to a machine, a local network or a cloud's metadata service. A server on the internet that
// names an endpoint in one of them wants this machine to attack its own network (docs/requirements.md DS-03).
const LOCAL_RANGES: readonly [string, number, 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  // Multicast, what is reserved, and broadcast.
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  // These hold an IPv4 address, which a gateway would reach.
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2002::', 16, 'ipv6'],
]

const LOCAL_NAME = /^[^.]+\.?$|(^|\.)(localhost|local|internal|home\.arpa)\.?$/i

/** What is wrong with a URL, in words that can follow "its token_endpoint …". */
export type EndpointFault = string

/**
 * Parses the URL of an endpoint: https, or plain http on a literal loopback address; no user info, no fragment.
 *
 * @returns The URL, or what is wrong with it.
 */
export function parseEndpoint(value: unknown): URL | EndpointFault {
  if (typeof value !== 'string') return 'is not a string'
  if (!URL.canParse(value)) return 'is not a URL'
  const url = new URL(value)
  if (url.username !== '' || url.password !== '') return 'carries a user name or password'
  if (url.hash !== '' || value.includes('#')) return 'has a fragment'
  if (url.protocol === 'https:') return url
  if (url.protocol !== 'http:') return `uses the scheme ${url.protocol.slice(0, 24)}`
  return isLoopbackHost(url.hostname) ? url : 'uses http on a host that is not a literal loopback address'
}

/** Whether the host is `127.0.0.1` or `[::1]`, written as such: a name can be pointed elsewhere. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]'
}

/**
 * Whether the host belongs to a machine, a local network or a link: by its literal address, or by a name that means
 * nothing elsewhere (RFC 6761, RFC 6762, RFC 8375, and `.internal`). Other names are not resolved: whoever they lead to
 * has to prove by a certificate that they are who was meant, before anything is sent.
 */
export function isLocalAddress(hostname: string): boolean {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const family = nodeNet().isIP(address)
  if (family === 0) return LOCAL_NAME.test(address)
  return localRanges().check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function localRanges(): BlockList {
  const list = new (nodeNet().BlockList)()
  for (const [network, prefix, family] of LOCAL_RANGES) list.addSubnet(network, prefix, family)
  return list
}
