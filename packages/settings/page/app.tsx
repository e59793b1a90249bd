import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { AccountPage } from './account-page.tsx'
import { AccountsPage } from './accounts-page.tsx'
import { ActivityDialogs, WaitingBanners } from './activity-dialog.tsx'
import { Button, Notice } from './controls.tsx'
import { Spinner } from './icon.tsx'
import { type Route, routeOf } from './route.ts'
import { useSession, useSessionState } from './use-session.ts'
import { VaultPage } from './vault-page.tsx'
import { adviceFor, sentence } from './words.ts'

/** The whole page: what is wrong on top, then the screen that the address names, then dialogs. */
export function App(): JSX.Element {
  const { connection, overview, announcement } = useSessionState()
  const route = useRoute()
  if (connection === 'ended') return <EndedPage />
  if (overview === undefined) return <FirstPage isLost={connection === 'lost'} />
  const isLost = connection === 'lost'
  return (
    <>
      {isLost && <LostBanner />}
      <main class="page" inert={isLost}>
        <ErrorBanner />
        <WaitingBanners overview={overview} />
        {route.screen === 'account' && <AccountPage id={route.id} overview={overview} />}
        {route.screen === 'vault' && <VaultPage overview={overview} />}
        {route.screen === 'accounts' && <AccountsPage overview={overview} />}
      </main>
      {!isLost && <ActivityDialogs overview={overview} />}
      <p class="hidden" role="status" aria-live="polite">
        {announcement}
      </p>
    </>
  )
}

function useRoute(): Route {
  const session = useSession()
  const [route, setRoute] = useState(() => routeOf(location.hash))
  useEffect(() => {
    const onHashChange = (): void => {
      setRoute(routeOf(location.hash))
      session.clearError()
      window.scrollTo(0, 0)
    }
    window.addEventListener('hashchange', onHashChange)
    return () => window.removeEventListener('hashchange', onHashChange)
  }, [session])
  return route
}

function ErrorBanner(): JSX.Element | null {
  const session = useSession()
  const { error } = useSessionState()
  if (error === undefined) return null
  const dismiss = (
    <Button kind="quiet" icon="close" onClick={() => session.clearError()}>
      Dismiss
    </Button>
  )
  return (
    <Notice tone="bad" title={sentence(error.message)} actions={dismiss} isAlert>
      <p>{adviceFor(error)}</p>
    </Notice>
  )
}

function LostBanner(): JSX.Element {
  return (
    <div class="lost" role="alert">
      <Spinner />
      <p>
        <strong>The app does not answer.</strong> What you see may be old. This page goes on by itself when the app is
        back; if it was closed, open the page again from the app.
      </p>
    </div>
  )
}

function FirstPage({ isLost }: { isLost: boolean }): JSX.Element {
  if (isLost) return <LostBanner />
  return (
    <main class="notice" aria-busy="true">
      <Spinner />
      <p>Looking at your accounts…</p>
    </main>
  )
}

function EndedPage(): JSX.Element {
  return (
    <main class="notice">
      <div role="alert">
        <h1>This page has ended</h1>
        <p>For your safety it works for twelve hours, and as long as the app runs. Open it again from the app.</p>
      </div>
    </main>
  )
}
