/** How `util.inspect` renders a part of a value; Node hands it to whoever is printed. */
export type Inspect = (value: unknown, options: object) => string

// The name of Node's `inspect.custom`, so that what is printed this way also loads where there is no Node.
const INSPECT_CUSTOM = Symbol.for('nodejs.util.inspect.custom')

/**
 * Decides how instances print in `console.log` and `util.inspect`.
 *
 * Set on the prototype, because a computed member with this symbol has no inferable declaration.
 */
export function printAs<T extends object>(
  prototype: T,
  render: (instance: T, options: object, inspect: Inspect) => string,
): void {
  Object.defineProperty(prototype, INSPECT_CUSTOM, {
    value(this: T, _depth: number, options: object, inspect: Inspect): string {
      return render(this, options, inspect)
    },
  })
}
