export type { KeycloakOptions } from '@accountry/oauth/providers/keycloak'
export { keycloak, keycloakData } from '@accountry/oauth/providers/keycloak'
