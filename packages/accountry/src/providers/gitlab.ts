export type { GitLabOptions } from '@accountry/oauth/providers/gitlab'
export { gitlab, gitlabData } from '@accountry/oauth/providers/gitlab'
