import type { SyncAdapter, SyncContext } from 'accountry'
import type { Notebook } from './notebook.ts'

interface Remote {
  readonly id: string
  readonly title: string
}

/** Sends the notes that the service does not have yet, then fetches those that are new there. */
export function notesAdapter(
  notebook: Notebook,
  request: (context: SyncContext, path: string, init?: RequestInit) => Promise<Response>,
): SyncAdapter {
  return {
    accountType: 'com.example',
    authority: 'notes',
    isAlwaysSyncable: true,
    defaults: { syncAutomatically: true },
    async onPerformSync(context) {
      const { account, result } = context
      for (const { title, id } of await notebook.of(account)) {
        if (id !== undefined) continue
        const sent = await answer<Remote>(
          await request(context, '/tasks', { method: 'POST', body: JSON.stringify({ title }) }),
        )
        // At once: a sync that breaks off here sends nothing twice.
        await notebook.change(account, (notes) => {
          const index = notes.findIndex((note) => note.id === undefined && note.title === title)
          return notes.map((note, at) => (at === index ? sent : note))
        })
        result.stats.numInserts++
      }
      const known = new Set((await notebook.of(account)).map(({ id }) => id))
      const fetched = (await answer<Remote[]>(await request(context, '/tasks'))).filter(({ id }) => !known.has(id))
      await notebook.change(account, (notes) => [...notes, ...fetched])
      result.stats.numEntries = known.size + fetched.length
    },
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`the service answered ${response.status}`)
  return (await response.json()) as T
}
