// One agent: a process that works with the account which the others use, too.
//
//   node agent.ts <place as JSON>

import { openAgents, type Place } from './place.ts'

const place = JSON.parse(process.argv[2] ?? '') as Place
await using accountry = await openAgents(place)
const account = await accountry.account('com.example')
const tasks = accountry.fetch(account, 'tasks')
const answers = await Promise.all(Array.from({ length: 20 }, () => tasks(`${place.api}/tasks`)))
console.log(answers.filter(({ ok }) => ok).length)
