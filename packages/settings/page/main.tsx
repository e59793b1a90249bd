import { render } from 'preact'
import { App } from './app.tsx'
import { Session } from './session.ts'
import { SessionContext } from './use-session.ts'

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
}
