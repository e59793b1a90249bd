import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

/** The kernel's lists of connections; a program may reach `127.0.0.1` through a socket of either family. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** Root may do everything anyway, and what forwards ports for a person often runs as root. */
const ROOT = 0

/**
 * Whether the other end of a loopback connection is known to belong to another user of this machine.
 *
 * Who may see the arguments of a starting browser sees the one-time URL in them, and could be faster. Linux says whose
 * each connection is; elsewhere, and where it does not say, nobody is known to be another.
 */
export async function isOfAnotherUser(socket: Pick<Socket, 'localPort' | 'remotePort'>): Promise<boolean> {
  const own = process.getuid?.()
  const { localPort, remotePort } = socket
  if (own === undefined || own === ROOT || localPort === undefined || remotePort === undefined) return false
  const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')))
  return areOthers(usersOf(tables.join('\n'), remotePort, localPort), own)
}

/** Pure. @returns Whether something is known, and nothing of it speaks for `own` or root. */
export function areOthers(users: readonly number[], own: number): boolean {
  return users.length > 0 && users.every((user) => user !== own && user !== ROOT)
}

/** The users whose sockets have these ports; the addresses are loopback's, or the connection would not be here. */
export function usersOf(table: string, port: number, peerPort: number): number[] {
  const lines = table.matchAll(/^ *\d+: \w+:(\w{4}) \w+:(\w{4}) \w\w \w+:\w+ \w+:\w+ \w+ +(\d+) /gm)
  return [...lines].flatMap(([, local, remote, user]) => {
    return Number.parseInt(local ?? '', 16) === port && Number.parseInt(remote ?? '', 16) === peerPort
      ? [Number(user)]
      : []
  })
}
