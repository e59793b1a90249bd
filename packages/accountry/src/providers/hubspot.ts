export type { HubSpotOptions } from '@accountry/oauth/providers/hubspot'
export { hubspot, hubspotData } from '@accountry/oauth/providers/hubspot'
