import { render } from 'preact'
import { App } from './app.tsx'
import { Session } from './session.ts'
import { SessionContext } from './use-session.ts'

/** A tab that nobody looks at stops listening after so long. */
const HIDDEN_MS = 60_000

const root = document.getElementById('app')
const session = new Session()

if (root !== null) {
  render(
    <SessionContext.Provider value={session}>
      <App />
    </SessionContext.Provider>,
    root,
  )
  session.connect()
  void session.refresh()
  listenWhileSeen(session)
}

function listenWhileSeen(listening: Session): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.hidden) {
      timer = setTimeout(() => listening.disconnect(), HIDDEN_MS)
    } else {
      listening.connect()
      void listening.refresh()
    }
  })
}
