import type { JSX } from 'preact'
import type { AccountDetails } from '../src/model.ts'
import { Section } from './controls.tsx'
import { absoluteTime } from './times.ts'

/** What is known of the account. */
export function FactsSection({ details }: { details: AccountDetails }): JSX.Element {
  const { claims, previousName, issuer, createdAt, lastAuthenticatedAt, card } = details
  const facts: (readonly [string, string | undefined])[] = [
    ...claims.map(({ name, value }) => [name, value] as const),
    ['Earlier name', previousName],
    ['Service', issuer],
    ['Added', absoluteTime(createdAt)],
    ['Signed in', lastAuthenticatedAt === undefined ? undefined : absoluteTime(lastAuthenticatedAt)],
    ['Account type', card.type],
  ]
  return (
    <Section title="About this account">
      <dl class="facts">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} class="fact">
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ),
        )}
      </dl>
    </Section>
  )
}
