import { type EncodedMarker, encodingsOf } from './encodings.ts'

/** A secret that is looked for, in every form. Plain data, so that it can be sent to another process. */
export interface Needle {
  readonly label: string
  readonly forms: readonly EncodedMarker[]
}

/** Where a secret was found. */
export interface CanaryFinding {
  /** The label of the secret; the secret itself is not repeated. */
  readonly canary: string
  readonly encoding: string
  /** The file, text, value or process, and what of it. */
  readonly place: string
  /** In bytes, of the place. */
  readonly offset: number
}

export function needleFor(label: string, secret: string): Needle {
  return { label, forms: encodingsOf(secret) }
}

/** Every secret in some bytes; each once for each of its forms. */
export function findIn(bytes: Buffer, place: string, needles: readonly Needle[]): CanaryFinding[] {
  const findings: CanaryFinding[] = []
  for (const { label, forms } of needles) {
    for (const { encoding, bytes: form } of forms) {
      const offset = bytes.indexOf(form)
      if (offset >= 0) findings.push({ canary: label, encoding, place, offset })
    }
  }
  return findings
}

export function longestForm(needles: readonly Needle[]): number {
  return Math.max(0, ...needles.flatMap(({ forms }) => forms.map(({ bytes }) => bytes.length)))
}
