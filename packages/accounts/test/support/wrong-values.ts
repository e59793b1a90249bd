import { type AccountManager, AuthToken } from '@accountry/accounts'
import { fixedKey } from './keys.ts'
import { TYPE } from './managers.ts'

export const CANARY = 'canary-8f31'
/** What is handed over where something else belongs; none of it may show in a message. */
export const WRONG: { readonly canary: string } = { canary: CANARY }
export const key = new Uint8Array(32)
export const account = { id: 'x', type: TYPE, name: 'ana' }
export const token = new AuthToken({ value: 'v', authTokenType: 't', account })
export const request = { method: 'GET', url: new URL('https://api.example/') }
export const provider = fixedKey(7, 'other')

export type Method = Exclude<keyof AccountManager, 'app' | 'directory' | typeof Symbol.asyncDispose>
/** What is passed, and how the message begins. */
export type Row = readonly [args: readonly unknown[], message: string]

export const NOT_A_REF: readonly [unknown, string][] = [
  [null, 'account must be an Account or an account id, received null'],
  [undefined, 'account must be an Account or an account id, received undefined'],
  ['', 'account must be an Account or an account id, received an empty string'],
  [{ id: 7 }, 'account must be an Account or an account id, received an object'],
]
export const NO_TEXT: readonly [unknown, string][] = [
  [null, 'must be a non-empty string, received null'],
  [7, 'must be a non-empty string, received number'],
  ['', 'must be a non-empty string, received an empty string'],
]
export const NO_NAME: readonly [unknown, string][] = [
  [null, 'must be a string, received null'],
  [7, 'must be a string, received number'],
  ['', 'must not be empty'],
  ['a\0b', 'has control or invisible characters'],
]
export const NO_OPTIONS: readonly [unknown, string][] = [
  [null, 'options must be an object, received null'],
  ['x', 'options must be an object, received string'],
  [[], 'options must be an object, received an array'],
]
export const NO_PRINCIPAL: readonly [unknown, string][] = [
  [null, 'must be a non-empty string, received null'],
  [WRONG, 'must be a non-empty string, received an object'],
  ['', 'must be a non-empty string, received an empty string'],
  ['  ', 'must be a non-empty string, received an empty string'],
  ['com.example\0', 'has control or invisible characters'],
  ['com.\u202egro', 'has control or invisible characters'],
  ['com.\ud800', 'has a lone surrogate'],
  ['x'.repeat(513), 'must have at most 512 bytes, received a longer string'],
]
export const NO_SIGNAL = ['signal must be an AbortSignal, received an object', WRONG] as const

/** Rows in which only the last argument differs. */
export function each(
  before: readonly unknown[],
  wrong: readonly [unknown, string][],
  option = '',
  after: readonly unknown[] = [],
): Row[] {
  const name = option === '' ? '' : `${option} `
  return wrong.map(([value, message]) => [[...before, value, ...after], name + message] as const)
}

/** Options that are none, and a signal that is none. */
export function optionsAfter(...before: readonly unknown[]): Row[] {
  return [...each(before, NO_OPTIONS), [[...before, { signal: NO_SIGNAL[1] }], NO_SIGNAL[0]]]
}

/** A wrong value of each option. */
export function optionRows(before: readonly unknown[], rows: readonly [object, string][]): Row[] {
  return rows.map(([options, message]) => [[...before, options], message] as const)
}

export const FEATURES: readonly [unknown, string][] = [
  [null, 'features must be an array of strings, received null'],
  ['f', 'features must be an array of strings, received string'],
  [[7], 'features[0] must be a non-empty string, received number'],
]
export const TOKEN_TYPES: readonly [unknown, string][] = [
  [null, 'authTokenType must be a string or { scopes: string[], resource? }, received null'],
  ['', 'authTokenType must not be an empty string'],
  [{ scopes: 'x' }, 'authTokenType must be a string or'],
]
export const SIGN_IN: readonly [object, string][] = [
  [{ authTokenType: 7 }, 'authTokenType must be a non-empty string, received number'],
  [{ options: 5 }, 'options.options must be an object, received number'],
]
export const TOKEN_OPTIONS: readonly [object, string][] = [
  [{ interaction: 'ask' }, "interaction must be one of 'never', 'notify', 'allow', received another string"],
  [{ minValidityMs: '5' }, 'minValidityMs must be a number, received string'],
  [{ minValidityMs: -5 }, 'minValidityMs must be a finite number that is not negative, received a negative number'],
  [{ minValidityMs: Number.NaN }, 'minValidityMs must be a finite number that is not negative, received NaN'],
  [
    { minValidityMs: Number.POSITIVE_INFINITY },
    'minValidityMs must be a finite number that is not negative, received an infinite number',
  ],
  [{ forceRefresh: 'no' }, 'forceRefresh must be true or false, received string'],
  [{ options: WRONG.canary }, 'options must be an object of JSON values, received string'],
]
export const KEY: readonly [object, string][] = [
  [{}, 'key must be a Uint8Array of 32 bytes, received undefined'],
  [{ key: CANARY }, 'key must be a Uint8Array of 32 bytes, received string'],
  [{ key: new Uint8Array(3) }, 'key must be a Uint8Array of 32 bytes'],
]
