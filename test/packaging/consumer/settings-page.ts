// Opens the settings page as an app does that was installed, and fetches what a browser fetches.

import { openAccountry, openSettingsPage } from 'accountry'
import { volatileKey } from 'accountry/keychain'

async function main(): Promise<void> {
  const directory = process.env['DIRECTORY'] ?? ''
  const accountry = await openAccountry({ app: { id: 'com.example.consumer' }, directory, keyProvider: volatileKey() })
  const { accounts, sync } = accountry
  const page = await openSettingsPage({ accounts, sync })
  const entered = await fetch(page.url, { redirect: 'manual' })
  const base = new URL('.', page.url)
  const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const answers = await Promise.all(
    ['', 'page.js', 'page.css', 'api/overview'].map((path) => fetch(new URL(path, base), { headers: { cookie } })),
  )
  const script = (await answers[1]?.text()) ?? ''
  await page.close()
  await accountry.close()
  const statuses = [entered, ...answers].map(({ status }) => status)
  const answer = { statuses, hasScript: script.length > 10_000, namesLicence: script.includes('The MIT License') }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

void main()
