import { inspect } from 'node:util'

/**
 * Decides how instances print in `console.log` and `util.inspect`.
 *
 * Set on the prototype, because a computed member with this symbol has no inferable declaration.
 */
export function printAs<T extends object>(prototype: T, render: (instance: T, options: object) => string): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, _depth: number, options: object): string {
      return render(this, options)
    },
  })
}
