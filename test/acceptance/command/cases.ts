/** The rows of attacks and faults that the command can get wrong by itself: what it shows, hands on, and reads. */
export const CASES: Readonly<Record<string, string>> = {
  'H-02': 'a vault without its key: accounts are listed, tokens are refused, nothing is written',
  'H-04': 'no keychain: said, and nothing else used instead',
  'H-18': 'an export that asks for endless work',
  'H-41': 'names with emoji, right-to-left and invisible characters',
  'H-44': 'names that look like paths',
  'H-48': 'names that look like SQL',
  'H-50': 'an export that was changed, is too large, or of another format',
  'I-04': 'the log at its most talkative',
  'I-06': 'a message of a service with a line of its own',
  'I-07': 'escape sequences in names, codes, addresses and scopes',
  'I-08': 'command line and environment of the browser and of programs',
  'I-11': 'a diagnosis that is sent to somebody',
}

/** Rows that concern the command as well, and are tested with what they are about: the folder of those tests. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'F-25': 'test/acceptance/oauth',
  'G-02': 'test/acceptance/oauth',
  'G-16': 'test/acceptance/oauth',
  'G-22': 'test/acceptance/oauth',
  'G-23': 'test/acceptance/oauth',
  'G-24': 'test/acceptance/oauth',
  'J-08': 'test/acceptance/electron',
  'J-09': 'test/acceptance/electron',
}
