/** The rows about Electron of the requirements: J-01 to J-16. */
export const CASES: readonly string[] = Array.from(
  { length: 16 },
  (_, index) => `J-${String(index + 1).padStart(2, '0')}`,
)
