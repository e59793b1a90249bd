// Read mail: log in to an IMAP server with a token instead of a password.
//
//   node examples/04-imap-login.ts
//
// Needs Debian's package dovecot-imapd, which stands in for the mail server of a service.

import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { startAuthorizationServer } from '@accountry/testing'
import { type AuthToken, createOAuthAuthenticator, oauthBearer, openAccountry, xoauth2 } from 'accountry'
import { volatileKey } from 'accountry/keychain'
import { ImapFlow } from 'imapflow'
import { type Dovecot, isDovecotInstalled, startDovecot } from './imap/dovecot.ts'

if (!isDovecotInstalled()) {
  console.error('This example needs a mail server: apt-get install dovecot-imapd')
  process.exit(1)
}

// A real authorization server and a real Dovecot that asks it about every token, both on this machine. An opaque token
// means nothing to anybody but the server that issued it.
const ana = 'ana@example.com'
await using server = await startAuthorizationServer({
  users: { [ana]: { claims: { email: ana } } },
  scopes: ['mail'],
  features: { resourceIndicators: false },
})
const { clientId, clientSecret } = server.confidentialClient
const introspectionUrl = new URL(`${server.issuer}/token/introspection`)
Object.assign(introspectionUrl, { username: clientId, password: clientSecret })
await using modern = await startDovecot({ introspectionUrl, scope: 'mail', mechanisms: ['OAUTHBEARER', 'XOAUTH2'] })
await using older = await startDovecot({ introspectionUrl, scope: 'mail', mechanisms: ['XOAUTH2'] })

await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-example-'))
await using accountry = await openAccountry({
  app: { id: 'com.example.mail' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: server.clientId,
      tokenTypes: { mail: { scopes: ['mail'] } },
    }),
  ],
  // An app of yours leaves these three out.
  directory: folder.path,
  keyProvider: volatileKey(),
  interaction: server.browser(ana),
})
const { accounts } = accountry
const account = await accountry.account('com.example', { interaction: 'allow' })

// ImapFlow takes the token and puts it into the mechanism that the mail server offers.
for (const mail of [modern, older]) {
  const token = await accounts.getAuthToken(account, 'mail')
  const client = await openMailbox(mail, token)
  const { exists } = await client.mailboxOpen('INBOX')
  console.log(`${await mail.login(1)}: ${exists} messages in INBOX.`)
  await client.logout()
}

// The token ends before its time, because somebody ended it at the service. A mail server's no is treated like a 401 of
// an API: say so, ask once more, try once more.
const rejected = await accounts.getAuthToken(account, 'mail')
server.faults.next('introspection', { status: 200, body: { active: false } })
server.clearRequests()
const client = await openMailboxWithRetry(modern)
await client.logout()
const fresh = await accounts.getAuthToken(account, 'mail')
console.log(`Rejected once, refreshed ${server.requestsTo('token').length} time, then ${await modern.login(2)}.`)
console.log(`Another token than before: ${fresh.value !== rejected.value}.`)

// A client that takes the whole SASL answer, in any mail protocol: IMAP, POP, SMTP, ManageSieve.
const { host, port } = modern
console.log(await authenticate(modern, 'OAUTHBEARER', oauthBearer(fresh, account.name, host, port)))
console.log(await authenticate(modern, 'XOAUTH2', xoauth2(fresh, account.name)))
server.faults.next('introspection', { status: 200, body: { active: false } })
console.log(await authenticate(modern, 'OAUTHBEARER', oauthBearer(fresh, account.name, host, port)))

/** Logs in, with another token when the server rejects the first. */
async function openMailboxWithRetry(mail: Dovecot): Promise<ImapFlow> {
  const token = await accounts.getAuthToken(account, 'mail')
  try {
    return await openMailbox(mail, token)
  } catch (error) {
    if (!(error instanceof Error && 'authenticationFailed' in error)) throw error
    await accounts.invalidateAuthToken(token)
    return await openMailbox(mail, await accounts.getAuthToken(account, 'mail'))
  }
}

async function openMailbox(mail: Dovecot, token: AuthToken): Promise<ImapFlow> {
  const imap = new ImapFlow({
    host: mail.host,
    port: mail.port,
    secure: true,
    tls: { ca: mail.ca },
    auth: { user: account.name, accessToken: token.value },
    // Its log would hold what is in the mails.
    logger: false,
  })
  await imap.connect()
  return imap
}

/** Says the SASL answer to an IMAP server by hand, and returns what it says to it. */
async function authenticate(mail: Dovecot, mechanism: string, answer: string): Promise<string> {
  const socket = connect({ host: mail.host, port: mail.port, ca: mail.ca }).setEncoding('utf8')
  let said = ''
  socket.on('data', (chunk: string) => {
    said += chunk
    // A plus asks for more: the server explained why it says no, and an empty line lets it end the command.
    if (chunk.startsWith('+ ')) socket.write('\r\n')
    if (/^a1 /m.test(said)) socket.end()
  })
  socket.write(`a1 AUTHENTICATE ${mechanism} ${answer}\r\n`)
  await once(socket, 'close')
  const verdict = /^a1 (OK|NO)/m.exec(said)?.[1]
  return `${mechanism}: ${verdict === 'OK' ? 'logged in' : 'rejected'}.`
}
