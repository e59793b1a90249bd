import { startProcess } from '@accountry/testing'

// A test that dies without closing anything.
const child = startProcess(new URL('worker.ts', import.meta.url))
child.send({ kind: 'echo', value: 'alive' })
await child.next()
console.log(child.pid)
process.kill(process.pid, 'SIGKILL')
