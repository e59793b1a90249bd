// Another process of the same app on the same vault.
//
//   node other-process.ts <place as JSON> share | die

import { connectToTest } from '@accountry/testing'
import { fetchTasks, openAgenda, type Place } from './agenda.ts'

const place = JSON.parse(process.argv[2] ?? '') as Place
const dies = process.argv[3] === 'die'
const story = connectToTest<never, number>()

// The network of a process that is killed when its refresh request is about to leave: its intent is in the vault, and
// the server hears nothing.
const deadlyFetch: typeof fetch = (input, init) => {
  if (String(init?.body).includes('grant_type=refresh_token')) process.kill(process.pid, 'SIGKILL')
  return fetch(input, init)
}

const agenda = await openAgenda(place, dies ? { fetch: deadlyFetch } : {})
const accounts = await agenda.accounts.getAccounts()
await story.barrier()
const callers = Array.from({ length: 10 }, () => accounts.map((account) => fetchTasks(agenda, place, account))).flat()
await story.send((await Promise.all(callers)).length)
await agenda.close()
story.close()
