import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Where the files stand that take longest; they start programs by the dozen. */
const LONG = [
  'test/chaos/',
  'packages/accounts/test/processes.test.ts',
  'test/e2e/',
  'examples/test/',
  'packages/accountry/test/tmux.test.ts',
  'packages/settings/test/journey.test.ts',
  'packages/accounts/test/rotation-storm.test.ts',
  'packages/accountry/test/sync-now.test.ts',
]

/** Begins with the files that take longest, so that at the end no processor waits for the last one of another. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((path) => moduleId.includes(path))
      return place < 0 ? LONG.length : place
    }
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}
