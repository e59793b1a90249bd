// The main process of the app, without Electron: main.ts passes what it uses of it.

import { type AccountsHost, createAccountsHost, electronInteraction } from '@accountry/electron/main'
import { type Accountry, createOAuthAuthenticator, type KeyProvider, openAccountry, type SyncAdapter } from 'accountry'

/** What of the desktop the app uses. */
export interface Desktop {
  readonly ipcMain: Parameters<typeof createAccountsHost>[0]['ipcMain']
  readonly shell: Parameters<typeof electronInteraction>[0]
  /** Shows in tray and dock how many accounts need the person. */
  readonly showBadge: (count: number) => void
  readonly openSettings: (accountry: Accountry) => Promise<void>
}

export interface AgendaOptions {
  readonly service: { readonly issuer: string; readonly clientId: string; readonly api: string }
  /** Of the app's pages. */
  readonly origin: string
  readonly directory: string
  readonly keyProvider: KeyProvider
}

export interface Agenda extends AsyncDisposable {
  readonly accountry: Accountry
  /** Windows that it serves are attached to it. */
  readonly host: AccountsHost
}

export async function startAgenda(desktop: Desktop, options: AgendaOptions): Promise<Agenda> {
  const { service, origin, directory, keyProvider } = options
  const tasks: SyncAdapter = {
    accountType: 'com.example',
    authority: 'tasks',
    isAlwaysSyncable: true,
    // The service of this demo is on this machine.
    network: 'none',
    defaults: { syncAutomatically: true, periodMs: 3_600_000 },
    async onPerformSync({ account, signal, result }) {
      const response = await accountry.fetch(account, 'tasks')(`${service.api}/tasks`, { signal })
      if (!response.ok) throw new Error(`the service answered ${response.status}`)
      result.stats.numEntries = ((await response.json()) as unknown[]).length
    },
  }
  const accountry = await openAccountry({
    app: { id: 'com.example.agenda', name: 'Agenda' },
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer: service.issuer,
        clientId: service.clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [service.api], label: 'Tasks' } },
      }),
    ],
    adapters: [tasks],
    directory,
    keyProvider,
    interaction: electronInteraction(desktop.shell),
  })
  const { accounts, sync } = accountry
  const host = createAccountsHost({
    ipcMain: desktop.ipcMain,
    accounts,
    sync,
    origins: [origin],
    openSettings: () => desktop.openSettings(accountry),
  })
  const showBadge = async (): Promise<void> => {
    const infos = await accounts.getAccountInfos()
    desktop.showBadge(infos.filter(({ state }) => state !== 'ok' && state !== 'degraded').length)
  }
  for (const event of ['account:updated', 'account:recovered', 'account:removed'] as const) {
    accounts.on(event, () => void showBadge().catch(() => undefined))
  }
  await showBadge()
  return {
    accountry,
    host,
    async [Symbol.asyncDispose]() {
      await host.close()
      await accountry.close()
    },
  }
}
