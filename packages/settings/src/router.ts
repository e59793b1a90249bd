import type { IncomingMessage, ServerResponse } from 'node:http'
import { project } from '@accountry/accounts/contract'
import { accountDetails } from './account-details.ts'
import { ACTIONS } from './actions.ts'
import { ICON, onwardDocument, pageDocument, strangerDocument } from './documents.ts'
import { type AdmittedRequest, ENTRANCE, headerValues, isNavigation, judgeRequest, type PagePlace } from './gate.ts'
import type { Host } from './host.ts'
import { iconOf } from './icons.ts'
import { isOfAnotherUser } from './other-user.ts'
import { overviewOf } from './overview.ts'
import type { PageFiles } from './page-files.ts'
import { readBody } from './request-body.ts'
import { beginEvents, html, json, type Reply, refusal, send } from './responses.ts'
import { errorAnswer } from './shown-error.ts'
import type { Visitors } from './visitors.ts'

const COOKIE = `${project.folder}-settings`

/** Who asks what, and where the answers are. */
export interface Routes {
  readonly host: Host
  readonly place: PagePlace
  readonly visitors: Visitors
  readonly files: PageFiles
}

/** Answers one request. */
export async function answerRequest(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reply = await replyTo(routes, request, response)
  if (reply !== undefined) send(response, reply)
}

/**
 * In this order: the gate, the files that hold nothing of anybody, the entrance, the session, and only then anything
 * about accounts.
 *
 * @returns `undefined` for a stream, which goes on by itself.
 */
async function replyTo(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
  const verdict = judgeRequest(request, routes.place)
  if ('status' in verdict) return refusal(verdict.status)
  const { method, path } = verdict
  const file = method === 'GET' ? fileOf(routes, path) : undefined
  if (file !== undefined) return file
  if (method === 'GET' && path === ENTRANCE) return await enter(routes, request, verdict)
  const isKnown = sessionsOf(request).some((session) => routes.visitors.knows(session))
  if (method === 'GET' && path === '') return pageFor(routes, request, isKnown)
  if (!isKnown) return refusal(403)
  try {
    return await answerVisitor(routes.host, verdict, request, response)
  } catch (error) {
    const { status, body } = errorAnswer(error)
    // Of a body that was too long the rest is still on its way.
    return json(body, { status, ...(status === 413 && { headers: { Connection: 'close' } }) })
  }
}

/** What is the same for everybody, and may be had without a session. */
function fileOf({ files }: Routes, path: string): Reply | undefined {
  if (path === 'page.js') return { contentType: 'text/javascript; charset=utf-8', body: files.script }
  if (path === 'page.css') return { contentType: 'text/css; charset=utf-8', body: files.style }
  if (path === 'icon.svg') return { contentType: 'image/svg+xml', body: ICON }
  return undefined
}

/** Takes a one-time token and gives a cookie for it. */
async function enter(
  { visitors, place, host }: Routes,
  { rawHeaders, socket }: IncomingMessage,
  { query, isFromOtherSite }: AdmittedRequest,
): Promise<Reply> {
  const tokens = query.getAll('token')
  // A prefetch, a frame or somebody else must not use the token up.
  const isMeant = isNavigation(rawHeaders) && tokens.length === 1 && !(await isOfAnotherUser(socket))
  const session = isMeant ? visitors.admit(tokens[0] ?? '') : undefined
  if (session === undefined) return html(strangerDocument(host.title), { status: 403 })
  // The path is the page's own: ports share cookies, and a server on another port of this machine must not get it.
  const headers = { 'Set-Cookie': `${COOKIE}=${session}; Path=${place.base}; HttpOnly; SameSite=Strict` }
  return isFromOtherSite
    ? html(onwardDocument(host.title, place.base), { headers })
    : html('', { status: 303, headers: { ...headers, Location: place.base } })
}

function pageFor({ host }: Routes, { rawHeaders }: IncomingMessage, isKnown: boolean): Reply {
  if (!isNavigation(rawHeaders)) return refusal(403)
  return isKnown ? html(pageDocument(host.title)) : html(strangerDocument(host.title), { status: 403 })
}

async function answerVisitor(
  host: Host,
  { method, path, query }: AdmittedRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | undefined> {
  if (method === 'POST') {
    const action = path.startsWith('api/') ? ACTIONS.get(path.slice('api/'.length)) : undefined
    return action === undefined ? refusal(404) : json(await action(host, await readBody(request)))
  }
  if (path === 'api/overview') return json(await overviewOf(host))
  if (path === 'api/account') return json(await accountDetails(host, query.get('id') ?? ''))
  if (path === 'api/events') return listen(host, response)
  if (path === 'type-icon') return typeIcon(host, query.get('type') ?? '')
  return refusal(404)
}

function listen({ stream }: Host, response: ServerResponse): Reply | undefined {
  if (!stream.hasRoom) return refusal(503)
  beginEvents(response)
  stream.add(response)
  return undefined
}

function typeIcon({ accounts }: Host, wanted: string): Reply {
  const icon = iconOf(accounts.getAuthenticatorTypes().find(({ type }) => type === wanted))
  if (icon === undefined) return refusal(404)
  // An SVG that is opened by itself is a document; sandboxed, it can do nothing.
  const headers = { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox" }
  return { contentType: icon.contentType, body: icon.bytes, headers }
}

/** Browsers send every cookie of that name that fits the path. */
function sessionsOf({ rawHeaders }: IncomingMessage): string[] {
  const pairs = headerValues(rawHeaders, 'cookie').flatMap((header) => header.split(';'))
  return pairs.flatMap((pair) => {
    const [name, value] = pair.trim().split('=')
    return name === COOKIE && value !== undefined && value !== '' ? [value] : []
  })
}
