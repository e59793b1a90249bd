export type { SlackOptions } from '@accountry/oauth/providers/slack'
export { slack, slackData } from '@accountry/oauth/providers/slack'
