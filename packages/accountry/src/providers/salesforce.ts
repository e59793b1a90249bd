export type { SalesforceOptions } from '@accountry/oauth/providers/salesforce'
export { salesforce, salesforceData } from '@accountry/oauth/providers/salesforce'
