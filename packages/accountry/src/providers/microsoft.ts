export type { MicrosoftOptions } from '@accountry/oauth/providers/microsoft'
export { microsoft, microsoftData } from '@accountry/oauth/providers/microsoft'
