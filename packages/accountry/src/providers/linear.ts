export type { LinearOptions } from '@accountry/oauth/providers/linear'
export { linear, linearData } from '@accountry/oauth/providers/linear'
