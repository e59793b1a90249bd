export { kindOf } from './account.ts'
export { project } from './project.ts'
