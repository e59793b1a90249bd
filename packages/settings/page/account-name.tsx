import type { JSX } from 'preact'

/** A name of any script, with places where a long address may break. */
export function AccountName({ name }: { name: string }): JSX.Element {
  const parts = name.split(/(?=@)|(?<=[@.])/)
  return <bdi>{parts.map((part, index) => (index === 0 ? part : [<wbr key={`${index}`} />, part]))}</bdi>
}
