import type { FakeFrame, FakeWebContents } from './fake-frames.ts'

/** One message between the processes, as it was after cloning. */
export interface IpcMessage {
  readonly to: 'main' | 'renderer'
  readonly channel: string
  readonly args: unknown
}

/** `IpcMainInvokeEvent`. */
export interface FakeInvokeEvent {
  readonly type: 'frame'
  readonly frameId: number
  readonly processId: number
  readonly sender: FakeWebContents
  readonly senderFrame: FakeFrame | null
  readonly defaultPrevented: boolean
  preventDefault(): void
}

type Handler = (event: FakeInvokeEvent, ...args: unknown[]) => unknown

/** `ipcMain`, and the way to it: everything is cloned as Electron clones it, and remembered. */
export class FakeIpcMain {
  readonly transcript: IpcMessage[] = []
  readonly #handlers = new Map<string, Handler>()
  #contents = 0

  get channels(): string[] {
    return [...this.#handlers.keys()].sort()
  }

  /** Ids are of the app, and never used again. */
  nextContentsId(): number {
    return ++this.#contents
  }

  handle(channel: string, listener: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, listener)
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel)
  }

  /**
   * What `ipcRenderer.invoke` does. Structured cloning leaves no prototypes and refuses functions.
   *
   * @param frame `null`: the frame had gone when the message was looked at.
   * @param sentBy Which page sent it, when another is in its frame by now.
   */
  async invoke(
    contents: FakeWebContents,
    frame: FakeFrame | null,
    channel: string,
    args: unknown[],
    sentBy: FrameIds = idsOf(frame),
  ): Promise<unknown> {
    const cloned = structuredClone(args)
    this.transcript.push({ to: 'main', channel, args: cloned })
    const handler = this.#handlers.get(channel)
    if (handler === undefined) {
      throw new Error(`Error invoking remote method '${channel}': Error: No handler registered for '${channel}'`)
    }
    const event: FakeInvokeEvent = {
      type: 'frame',
      frameId: sentBy.routingId,
      processId: sentBy.processId,
      sender: contents,
      senderFrame: frame,
      defaultPrevented: false,
      preventDefault: () => undefined,
    }
    let answer: unknown
    try {
      answer = structuredClone(await handler(event, ...cloned))
    } catch (error) {
      // Only the message survives.
      throw new Error(`Error invoking remote method '${channel}': ${String(error)}`)
    }
    this.transcript.push({ to: 'renderer', channel, args: answer })
    return answer
  }
}

/** What the message itself says of its sender. */
export interface FrameIds {
  readonly processId: number
  readonly routingId: number
}

export function idsOf(frame: FakeFrame | null): FrameIds {
  if (frame === null || frame.isDestroyed()) return { processId: 0, routingId: 0 }
  const { processId, routingId } = frame
  return { processId, routingId }
}
