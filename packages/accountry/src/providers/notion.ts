export type { NotionOptions } from '@accountry/oauth/providers/notion'
export { notion, notionData } from '@accountry/oauth/providers/notion'
