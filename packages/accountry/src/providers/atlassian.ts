export type { AtlassianOptions } from '@accountry/oauth/providers/atlassian'
export { atlassian, atlassianData } from '@accountry/oauth/providers/atlassian'
