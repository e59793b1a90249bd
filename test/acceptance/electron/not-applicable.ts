/**
 * The rows that need an Electron binary, which comes from neither npm nor Debian, each with the reason. Every other row
 * has a test whose name carries its id; `coverage.test.ts` compares both with the list of all rows.
 *
 * The tests run the published preload script, the host and the client, on a fake of Electron that is held against its type
 * definitions. What they cannot show is that Electron does what it documents.
 */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'J-15':
    'whether the system gives the key of the old name to a renamed or newly signed app is decided by a real one; that a key which does not fit locks the vault and overwrites nothing is shown under EL-09',
}
