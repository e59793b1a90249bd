export type { PageInteraction, PageInteractionOptions, PassphraseRequest } from './page-interaction.ts'
export { createPageInteraction } from './page-interaction.ts'
export type { SettingsPage, SettingsPageOptions } from './settings-page.ts'
export { openSettingsPage } from './settings-page.ts'
