import { isAccountError } from '@accountry/accounts'

/** The other side of a `Child`: answers each request with the result or the error. */
export function serve<Request, Result>(perform: (request: Request) => Promise<Result>): void {
  process.on('message', ({ id, request }: { id: number; request: Request }) => {
    perform(request).then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: isAccountError(error) ? error.toJSON() : String(error) }),
    )
  })
}
