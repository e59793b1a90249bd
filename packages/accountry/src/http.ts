export type * from '@accountry/http'
export {
  authorizeAxios,
  createAuthorizedFetch,
  getAuthHeaders,
  MAX_CHALLENGE_CHARS,
  parseChallenges,
} from '@accountry/http'
