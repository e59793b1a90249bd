export type { ZohoOptions } from '@accountry/oauth/providers/zoho'
export { zoho, zohoData } from '@accountry/oauth/providers/zoho'
