/** A place for accounts with one secret each, that several processes open: ours, or what an app would use instead. */
export interface Store {
  read(name: string): Promise<string | undefined>
  /** Resolves when the write is acknowledged. `undefined` removes the account. */
  write(name: string, value: string | undefined): Promise<void>
  names(): Promise<string[]>
  close(): Promise<void>
}

export type StoreKind = 'accountry' | 'msal' | 'locked-json'

export const STORE_NAMES: Readonly<Record<StoreKind, string>> = {
  accountry: 'Accountry',
  msal: 'MSAL with its extensions',
  'locked-json': 'proper-lockfile and a JSON file',
}

/** Opens a store in a folder. Each is loaded only where it is used: MSAL alone takes 100 ms. */
export async function openStore(kind: StoreKind, folder: string): Promise<Store> {
  switch (kind) {
    case 'accountry':
      return await (await import('./accountry-store.ts')).openAccountryStore(folder)
    case 'msal':
      return await (await import('./msal-store.ts')).openMsalStore(folder)
    case 'locked-json':
      return (await import('./locked-json-store.ts')).openLockedJsonStore(folder)
  }
}
