import { expect, test } from 'vitest'
import { runExample } from './run-example.ts'

test('agent-tokens: many processes share an account, and one that is killed loses nothing', async () => {
  const { code, output, errors } = await runExample('agent-tokens/main.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output.split('\n')).toEqual([
    'ana@example.com has signed in once.',
    '5 agents made 100 requests with 1 refresh.',
    'One was killed in the middle; the next made 20 requests.',
    'The account is ok, and nobody signed in again.',
    '',
  ])
}, 60_000)

test('streaming-service: features decide which account is offered, and the API has the last word', async () => {
  const { code, output, errors } = await runExample('streaming-service/main.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output.split('\n')).toEqual([
    'guest@b.example is a guest and sees: A trailer',
    'ana@b.example has premium and sees: A trailer, A whole film',
    'For a premium film is offered: ana@b.example.',
    'There ana@b.example sees: A trailer, A whole film',
    'guest@b.example asks for a token to watch: ERR_SCOPE_NOT_GRANTED',
    'guest@b.example tries with the token it has: ERR_SCOPE_NOT_GRANTED',
    '',
  ])
}, 60_000)

test('cli-notes: notes are written without a network, and both sides are equal when there is one', async () => {
  const { code, output, errors } = await runExample('cli-notes/main.ts')
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output.split('\n')).toEqual([
    'Without a network:',
    '  ana@example.com: Buy milk (not sent), Call Ben (not sent)',
    '  ben@example.com: Water the plants (not sent)',
    'waiting: there is no network',
    'The network is back:',
    '  ana@example.com: Buy milk, Call Ben, From the phone',
    '  ben@example.com: Water the plants',
    'The service has the same: true.',
    '',
  ])
}, 60_000)
