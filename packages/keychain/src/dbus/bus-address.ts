/** Where a message bus listens: what `net.connect` takes as `path`. An abstract socket begins with NUL. */
export type BusSocket = string

/**
 * The sockets of the session bus, in the order in which they are to be tried.
 *
 * `DBUS_SESSION_BUS_ADDRESS` wins; without it `$XDG_RUNTIME_DIR/bus` is the bus of the user's session. libdbus, with
 * which the keyring's native module talks, looks in the same two places, so both always mean the same bus.
 *
 * @returns An empty list when there is no session bus, or only one that is reached in another way than a local socket.
 * @see [D-Bus specification, Server Addresses](https://dbus.freedesktop.org/doc/dbus-specification.html#addresses)
 */
export function sessionBusSockets(environment: NodeJS.ProcessEnv): BusSocket[] {
  const runtimeDirectory = environment['XDG_RUNTIME_DIR']
  const address = environment['DBUS_SESSION_BUS_ADDRESS']
  if (address !== undefined && address !== '') {
    return address.split(';').flatMap((entry) => socketOf(entry, runtimeDirectory))
  }
  return runtimeDirectory === undefined || runtimeDirectory === '' ? [] : [`${runtimeDirectory}/bus`]
}

function socketOf(entry: string, runtimeDirectory: string | undefined): BusSocket[] {
  const [transport, rest = ''] = splitOnce(entry, ':')
  if (transport !== 'unix') return []
  const values = new Map(rest.split(',').map((pair) => splitOnce(pair, '=')))
  const path = values.get('path')
  if (path !== undefined) return unescaped(path)
  const abstract = values.get('abstract')
  if (abstract !== undefined) return unescaped(abstract).map((name) => `\0${name}`)
  return values.get('runtime') === 'yes' && runtimeDirectory !== undefined ? [`${runtimeDirectory}/bus`] : []
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function unescaped(value: string): string[] {
  try {
    return value === '' ? [] : [decodeURIComponent(value)]
  } catch {
    return []
  }
}
