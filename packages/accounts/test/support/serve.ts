/**
 * The other side of a `Child`: answers each request with the result or the error, several at once.
 *
 * It imports nothing but types, because a process that takes long to start is killed too late.
 */
export function serve<Request, Result>(perform: (request: Request) => Promise<Result>): void {
  process.on('message', ({ id, request }: { id: number; request: Request }) => {
    perform(request).then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: plain(error) }),
    )
  })
}

/** An error that crosses to the test whole: an AccountError as its JSON, another one as its text. */
function plain(error: unknown): unknown {
  const { toJSON } = error as { toJSON?: () => unknown }
  return typeof toJSON === 'function' ? toJSON.call(error) : String(error)
}
