export type { DropboxOptions } from '@accountry/oauth/providers/dropbox'
export { dropbox, dropboxData } from '@accountry/oauth/providers/dropbox'
