/** What the story claims, and whether it held. */
export class Claims {
  readonly #claims: { claim: string; held: boolean }[] = []

  check(claim: string, held: boolean): void {
    this.#claims.push({ claim, held })
    console.log(`   ${held ? '✓' : '✗'} ${claim}`)
  }

  get allHeld(): boolean {
    return this.#claims.every(({ held }) => held)
  }

  get summary(): string {
    const held = this.#claims.filter((claim) => claim.held).length
    return `${held} of ${this.#claims.length} claims held`
  }
}
