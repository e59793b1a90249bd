import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Session, State } from './session.ts'

export const SessionContext = createContext<Session | undefined>(undefined)

/** How often "5 minutes ago" is drawn anew. */
const TICK_MS = 20_000

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === undefined) throw new Error('no session around this component')
  return session
}

/** The session's state; draws again when it changes. */
export function useSessionState(): State {
  const session = useSession()
  const [state, setState] = useState(session.state)
  useEffect(() => {
    setState(session.state)
    return session.subscribe(() => setState(session.state))
  }, [session])
  return state
}

/** The time by the server's clock; draws again now and then. */
export function useNow(): number {
  const { clockOffsetMs } = useSessionState()
  const [, setTick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return Date.now() + clockOffsetMs
}

/** Runs an action and says whether it is under way. */
export function useAction(): [isBusy: boolean, act: (action: string, fields: object) => Promise<boolean>] {
  const session = useSession()
  const [isBusy, setBusy] = useState(false)
  const act = async (action: string, fields: object): Promise<boolean> => {
    setBusy(true)
    try {
      return await session.act(action, fields)
    } finally {
      setBusy(false)
    }
  }
  return [isBusy, act]
}
