/** What a child says when it is ready to start with the others, and what it is answered. */
export const BARRIER = { ready: 'accountry:testing:ready', go: 'accountry:testing:go' } as const

export type BarrierSignal = (typeof BARRIER)[keyof typeof BARRIER]

export function isBarrierSignal(message: unknown): message is BarrierSignal {
  return message === BARRIER.ready || message === BARRIER.go
}
