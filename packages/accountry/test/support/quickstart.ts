import { openAccountry } from 'accountry'
import { google } from 'accountry/providers/google'

const { CLIENT_ID: clientId = '', CLIENT_SECRET: clientSecret = '' } = process.env

// From here on it is the quickstart of the README, as it stands.
const accountry = await openAccountry({
  app: { id: 'com.example.agenda' },
  authenticators: [
    google({
      clientId,
      clientSecret,
      tokenTypes: {
        calendar: {
          scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
          origins: ['https://www.googleapis.com'],
        },
      },
    }),
  ],
})
const account = await accountry.account('com.google', { interaction: 'allow' }) // first run: browser; afterwards: no question
const calendar = accountry.fetch(account, 'calendar') // refreshes, also when ten processes ask at once
console.log(await (await calendar('https://www.googleapis.com/calendar/v3/users/me/calendarList')).json())
await accountry.close()
