export type Route =
  | { readonly screen: 'accounts' }
  | { readonly screen: 'account'; readonly id: string }
  | { readonly screen: 'vault' }

/** Which screen an address names: its fragment never travels. */
export function routeOf(hash: string): Route {
  if (hash === '#vault') return { screen: 'vault' }
  const id = /^#account=([\w-]+)$/.exec(hash)?.[1]
  return id === undefined ? { screen: 'accounts' } : { screen: 'account', id }
}

export function accountAddress(id: string): string {
  return `#account=${id}`
}
