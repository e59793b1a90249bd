/** Why a case of Android's has no test here. */
export const NOT_APPLICABLE: ReadonlyMap<number, string> = new Map([
  ...each([3], 'a deprecated overload whose flag has no effect'),
  ...each([105], 'visibility by uid, which Android itself has removed'),
  ...each([139], 'a constant of Android’s parcels'),
  ...each(
    [155, 167, 174, 186, 191, 196, 207, 217, 227, 233, 239, 243, 254],
    'a call without a response channel: a promise is one',
  ),
  ...each(
    [158, 160, 177, 181, 220, 222],
    'the explanation screen of a device administrator, whom a person’s own machine does not have',
  ),
  ...each([280], 'accounts shared with a restricted profile: one vault belongs to one user of the machine'),
  ...each([291], 'Android’s debug table: the change feed and health() take its place'),
  ...each(
    [366],
    'a replaced signing certificate: nothing on these platforms signs the code of a plugin. What an authenticator may use is bound to its OAuth client, and another client is refused (`other-client`)',
  ),
])

function each(cases: readonly number[], reason: string): [number, string][] {
  return cases.map((number) => [number, reason])
}
