import { describe, expect, it } from 'vitest'
import { sessionBusSockets } from '../src/dbus/bus-address.ts'

const address = (value: string, runtime?: string) =>
  sessionBusSockets({ DBUS_SESSION_BUS_ADDRESS: value, XDG_RUNTIME_DIR: runtime })

describe('sessionBusSockets', () => {
  it('reads a path, with the fields that follow it', () => {
    expect(address('unix:path=/run/user/1000/bus')).toEqual(['/run/user/1000/bus'])
    expect(address('unix:path=/run/user/1000/bus,guid=0123abcd')).toEqual(['/run/user/1000/bus'])
    expect(address('unix:guid=0123abcd,path=/run/bus')).toEqual(['/run/bus'])
  })

  it('reads an abstract socket, which begins with NUL', () => {
    expect(address('unix:abstract=/tmp/dbus-Ab12,guid=0')).toEqual(['\0/tmp/dbus-Ab12'])
  })

  it('undoes the escaping of unusual characters', () => {
    expect(address('unix:path=/tmp/with%20space%2c%c3%a4')).toEqual(['/tmp/with space,ä'])
    expect(address('unix:path=/tmp/%zz')).toEqual([])
  })

  it('keeps the order of several addresses and leaves out what is no local socket', () => {
    expect(address('tcp:host=localhost,port=1;unix:path=/a;autolaunch:;unix:abstract=b')).toEqual(['/a', '\0b'])
    for (const other of ['', 'nonsense', 'unix:', 'unix:path=', 'unix:tmpdir=/tmp', 'unixexec:path=/bin/true', ';;']) {
      expect(address(other)).toEqual([])
    }
  })

  it('takes the bus of the runtime folder when no variable names one, or the address says so', () => {
    expect(sessionBusSockets({ XDG_RUNTIME_DIR: '/run/user/7' })).toEqual(['/run/user/7/bus'])
    expect(address('', '/run/user/7')).toEqual(['/run/user/7/bus'])
    expect(address('unix:runtime=yes', '/run/user/7')).toEqual(['/run/user/7/bus'])
    expect(address('unix:path=/a', '/run/user/7')).toEqual(['/a'])
    expect(sessionBusSockets({})).toEqual([])
    expect(sessionBusSockets({ XDG_RUNTIME_DIR: '' })).toEqual([])
  })
})
