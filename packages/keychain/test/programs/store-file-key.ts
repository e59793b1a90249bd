import { fileKey } from '../../src/index.ts'

/** Stores a key in the file that the first argument names, and prints the error as JSON. */
await fileKey({ path: process.argv[2] ?? '' })
  .store('vault', new Uint8Array(32).fill(7))
  .then(
    () => console.log('{}'),
    (error: unknown) => console.log(JSON.stringify(error)),
  )
