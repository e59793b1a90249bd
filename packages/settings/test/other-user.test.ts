import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { areOthers, isOfAnotherUser, usersOf } from '../src/other-user.ts'

async function connection(): Promise<{ client: Socket; server: Socket; end: () => Promise<void> }> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { promise, resolve } = Promise.withResolvers<Socket>()
  listener.once('connection', resolve)
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const server = await promise
  const end = async (): Promise<void> => {
    client.destroy()
    server.destroy()
    await new Promise((done) => listener.close(done))
  }
  return { client, server, end }
}

describe('whose a connection is', () => {
  it.skipIf(process.platform !== 'linux')('is read from what the kernel says of its other end', async () => {
    const { server, end } = await connection()
    const table = await readFile('/proc/net/tcp', 'latin1')
    expect(usersOf(table, server.remotePort ?? 0, server.localPort ?? 0)).toEqual([process.getuid?.()])
    expect(await isOfAnotherUser(server)).toBe(false)
    await end()
  })

  it('is read line by line, by both ports, as hexadecimal numbers', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0',
      '   1: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 112 1 0',
      '   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 113 1 0',
      '   3: 0000000000000000FFFF00000100007F:D432 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 114 1 0',
      'nothing of ours',
    ].join('\n')
    expect(usersOf(table, 0xd431, 0x1f90)).toEqual([1001])
    expect(usersOf(table, 0xd432, 0x1f90)).toEqual([1002])
    expect(usersOf(table, 0xd433, 0x1f90)).toEqual([])
    expect(usersOf('', 1, 2)).toEqual([])
  })

  it.each([
    { users: [], isOther: false, why: 'nothing is known' },
    { users: [1000], isOther: false, why: 'it is the same' },
    { users: [0], isOther: false, why: 'it is root, as what forwards ports' },
    { users: [1001], isOther: true, why: 'it is another' },
    { users: [1001, 1000], isOther: false, why: 'one of two may be the same' },
  ])('makes a stranger of nobody unless that is certain: $why', ({ users, isOther }) => {
    expect(areOthers(users, 1000)).toBe(isOther)
  })
})
