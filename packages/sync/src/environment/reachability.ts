import { connect } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'

/** Whether any interface has an address that leads somewhere: neither loopback nor link-local. */
export function hasNetworkAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): boolean {
  return Object.values(interfaces).some((addresses) =>
    addresses?.some(({ internal, address, family }) => !internal && !isLinkLocal(address, family)),
  )
}

function isLinkLocal(address: string, family: NetworkInterfaceInfo['family']): boolean {
  return family === 'IPv6' ? /^fe[89ab]/i.test(address) : address.startsWith('169.254.')
}

/** Whether a TCP connection to `host` can be opened within `timeoutMs`. Nothing is sent. */
export function canReach(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.unref()
    const end = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
