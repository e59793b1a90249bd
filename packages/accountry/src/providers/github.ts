export type { GitHubOptions } from '@accountry/oauth/providers/github'
export { github, githubData } from '@accountry/oauth/providers/github'
