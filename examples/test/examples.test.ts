import { expect, test } from 'vitest'
import { isDovecotInstalled } from '../imap/dovecot.ts'
import { runExample } from './run-example.ts'

test('01-get-a-token signs in, gets a token and another one after a rejection', async () => {
  const { code, output, errors } = await runExample('01-get-a-token.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output).toMatch(
    /^Signed in as ana@example\.com\.\nA Bearer token for .*tasks\.read.*, good until .*\.\nPrinted by accident it is only: AuthToken\(tasks, \[redacted\]\)\nAnother one after a rejection: true\.\n$/,
  )
})

test('02-two-accounts adds two accounts, chooses between them and removes one', async () => {
  const { code, output, errors } = await runExample('02-two-accounts.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output.split('\n')).toEqual([
    'Added ana@work.example.',
    'Added ana@home.example.',
    'Two accounts, two tokens: true.',
    'ERR_INTERACTION_REQUIRED: ana@work.example or ana@home.example?',
    'By hint: ana@work.example.',
    'By default: ana@home.example.',
    'The same account again: true.',
    'Removed ana@work.example.',
    'Left: ana@home.example, ok.',
    '',
  ])
})

test('03-periodic-sync synchronises at once, every hour and when asked', async () => {
  const { code, output, errors } = await runExample('03-periodic-sync.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output.split('\n')).toEqual([
    'A new account is synchronised at once:',
    '  synchronised (accounts-updated): success',
    '  Buy milk',
    expect.stringMatching(/^\d\d minutes later, by itself:$/),
    '  synchronised (periodic): success',
    '  Buy milk, Call Ben',
    'When the person asks:',
    '  synchronised (user): success',
    '  Buy milk, Call Ben, Water the plants',
    expect.stringMatching(/^idle/),
    '',
  ])
})

if (!isDovecotInstalled())
  console.warn('SKIPPED: the IMAP example; it needs a mail server (apt-get install dovecot-imapd)')

test.skipIf(!isDovecotInstalled())(
  '04-imap-login reads mail at a real Dovecot by both mechanisms, also after its token was rejected',
  async () => {
    const { code, output, errors } = await runExample('04-imap-login.ts')
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output.split('\n')).toEqual([
      'ana@example.com logged in by OAUTHBEARER: 0 messages in INBOX.',
      'ana@example.com logged in by XOAUTH2: 0 messages in INBOX.',
      'Rejected once, refreshed 1 time, then ana@example.com logged in by OAUTHBEARER.',
      'Another token than before: true.',
      'OAUTHBEARER: logged in.',
      'XOAUTH2: logged in.',
      'OAUTHBEARER: rejected.',
      '',
    ])
  },
  60_000,
)
