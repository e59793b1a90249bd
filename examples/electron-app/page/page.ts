/// <reference lib="dom" />

// What runs in the window: it knows names and states, and asks the main process for the rest.

import { createAccountsClient } from '@accountry/electron/renderer'

const client = createAccountsClient()
const list = document.querySelector('#accounts')
const problem = document.querySelector('#problem')

/** Runs what a button asks for, and says what went wrong. */
function act(what: () => Promise<unknown>): void {
  if (problem !== null) problem.textContent = ''
  what()
    .catch((error: unknown) => {
      if (problem !== null) problem.textContent = error instanceof Error ? error.message : 'It failed.'
    })
    .then(show)
    .catch(console.error)
}

function button(text: string, what: () => Promise<unknown>): HTMLButtonElement {
  const element = document.createElement('button')
  element.textContent = text
  element.addEventListener('click', () => act(what))
  return element
}

async function show(): Promise<void> {
  const rows: HTMLElement[] = []
  for (const { account, state } of await client.getAccountInfos()) {
    const { text } = await client.sync.explain({ account, authority: 'tasks' })
    const row = document.createElement('li')
    // As text, never as markup: names come from services.
    row.append(`${account.name}: ${state === 'ok' ? 'signed in' : 'sign in again'}, sync ${text} `)
    row.append(
      button('Sync now', () => client.sync.performSync({ account, authority: 'tasks', manual: true })),
      button('Sign in again', () => client.updateCredentials(account)),
      button('Remove', () => client.removeAccount(account)),
    )
    rows.push(row)
  }
  list?.replaceChildren(...rows)
}

document.querySelector('#add')?.addEventListener('click', () => act(() => client.addAccount('com.example')))
document.querySelector('#settings')?.addEventListener('click', () => act(() => client.openSettings()))
for (const event of ['account:added', 'account:removed', 'account:updated', 'account:recovered'] as const) {
  client.on(event, () => void show().catch(console.error))
}
client.on('sync:finished', () => void show().catch(console.error))
await show()
