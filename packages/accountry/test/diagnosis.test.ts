import { AccountError, type AccountInfo, type AccountState, type VaultHealth } from '@accountry/accounts'
import { describe, expect, test } from 'vitest'
import { diagnose } from '../src/command/doctor/diagnosis.ts'
import type { Facts } from '../src/command/doctor/finding.ts'

const now = 1_800_000_000_000

const health: VaultHealth = {
  ok: true,
  locked: false,
  providers: [{ id: 'os-keychain', protection: 'os-user', usable: true }],
  persistence: 'disk',
  accounts: 1,
  needsAttention: 0,
  directory: '/home/ana/.local/share/accountry/agenda',
  problems: [],
}

function facts(change: Partial<Facts> = {}): Facts {
  const nothing = { packages: {}, keys: [], infos: [], leases: [], parked: [], clocks: [] }
  return { command: 'agenda', nodeVersion: '24.1.0', now, health, ...nothing, ...change }
}

function info(state: AccountState, change: Partial<AccountInfo> = {}): AccountInfo {
  const account = { id: 'a', type: 'com.example', name: 'ana' }
  return { account, state, createdAt: now - 1000, claims: {}, credentialRevision: 1, ...change }
}

function problems(given: Facts): string[] {
  return diagnose(given).flatMap(({ status, message, fix }) =>
    status === 'ok' ? [] : [`${status}: ${message} | ${fix}`],
  )
}

describe('diagnose', () => {
  test('finds nothing wrong where nothing is', () => {
    const findings = diagnose(facts({ infos: [info('ok')], clocks: [{ host: 'as.example', skewMs: 900 }] }))
    expect(findings.map(({ check, status }) => [check, status])).toEqual([
      ['runtime', 'ok'],
      ['vault', 'ok'],
      ['key', 'ok'],
      ['clock', 'ok'],
      ['accounts', 'ok'],
    ])
  })

  test('explains a Node that is too old', () => {
    expect(problems(facts({ nodeVersion: 'v22.9.0' }))).toEqual([
      'problem: Node v22.9.0 is too old | Install Node 24 or newer',
    ])
  })

  test('explains packages that were not released together', () => {
    const packages = { '@accountry/accounts': '0.2.0', '@accountry/sync': '0.1.0' }
    expect(problems(facts({ packages }))).toEqual([
      'problem: The installed packages do not belong together: @accountry/accounts 0.2.0, @accountry/sync 0.1.0 | ' +
        'Install the same version of all of them',
    ])
    expect(problems(facts({ packages: { '@accountry/accounts': '0.2.0', '@accountry/sync': '0.2.0' } }))).toEqual([])
  })

  test.each([
    ['ERR_VAULT_UNAVAILABLE', 'key', 'Secret Service'],
    ['ERR_VAULT_CORRUPT', 'vault', 'recover'],
    ['ERR_VAULT_NEWER', 'vault', 'Update'],
    ['ERR_LOCK_TIMEOUT', 'vault', 'Close the programs'],
  ] as const)('explains why the vault did not open: %s', (code, check, fix) => {
    const { health: _health, ...rest } = facts()
    const findings = diagnose({ ...rest, openError: new AccountError(code, 'It did not open') })
    expect(findings[1]).toMatchObject({ check, status: 'problem', message: 'It did not open' })
    expect(findings[1]?.fix).toContain(fix)
  })

  test('explains a locked vault and the keychain that cannot be read', () => {
    const providers = [
      { id: 'os-keychain', protection: 'os-user' as const, usable: false, why: 'the collection is locked' },
    ]
    expect(problems(facts({ health: { ...health, ok: false, locked: true, providers } }))).toEqual([
      expect.stringMatching(
        /^problem: The key guarded by os-keychain cannot be read: the collection is locked \| Unlock/,
      ),
      expect.stringMatching(/^problem: The vault is locked \| Unlock .* Nothing is lost/),
    ])
  })

  test('does not call it a problem when one of two providers is not there', () => {
    const providers = [
      ...health.providers,
      { id: 'passphrase', protection: 'passphrase' as const, usable: false, why: 'not asked' },
    ]
    const keys = [{ id: 'passphrase', protection: 'passphrase' as const, isGiven: false }]
    const found = diagnose(facts({ health: { ...health, providers }, keys })).filter(({ check }) => check === 'key')
    expect(found.map(({ status }) => status)).toEqual(['ok', 'ok'])
    expect(found[1]?.message).toContain('passphrase')
    const given = diagnose(facts({ health: { ...health, providers } })).filter(({ check }) => check === 'key')
    expect(given.map(({ status }) => status)).toEqual(['ok', 'warning'])
  })

  test('warns about a key in plain sight and about a vault in memory', () => {
    const providers = [{ id: 'file', protection: 'none' as const, usable: true }]
    expect(problems(facts({ health: { ...health, providers, persistence: 'memory' } }))).toEqual([
      expect.stringMatching(/^warning: Nothing is kept on disk/),
      expect.stringMatching(/^warning: file keeps the key in plain sight/),
    ])
  })

  test('passes on what the vault found out about itself: a problem when it is not well, otherwise a warning', () => {
    const found = [{ code: 'ERR_VAULT_CORRUPT', message: 'The file is damaged', fix: 'Restore it' }]
    expect(problems(facts({ health: { ...health, ok: false, problems: found } }))).toEqual([
      'problem: The file is damaged (ERR_VAULT_CORRUPT) | Restore it',
    ])
    expect(problems(facts({ health: { ...health, problems: found } }))).toEqual([
      'warning: The file is damaged (ERR_VAULT_CORRUPT) | Restore it',
    ])
  })

  test.each([
    [90_000, 'problem: The clock is 90 s ahead of as.example'],
    [-3_600_000, 'problem: The clock is 3600 s behind as.example'],
  ])('finds a clock that is %i ms off', (skewMs, expected) => {
    expect(problems(facts({ clocks: [{ host: 'as.example', skewMs }] }))).toEqual([expect.stringContaining(expected)])
  })

  test('finds a clock that was ahead when an account was added', () => {
    expect(problems(facts({ infos: [info('ok', { createdAt: now + 3_600_000 })] }))).toEqual([
      expect.stringMatching(/added in the future.*Set the clock/),
    ])
  })

  test.each([
    ['needs-reauth', 'problem', 'agenda reauth "ana"'],
    ['needs-interaction', 'problem', 'agenda reauth "ana"'],
    ['identity-changed', 'problem', 'agenda reauth "ana"'],
    ['misconfigured', 'problem', 'developer'],
    ['degraded', 'warning', 'tried again in 30 s'],
  ] as const)('explains an account that is %s', (state, status, fix) => {
    const [found] = problems(facts({ infos: [info(state, { reason: 'expired', retryAt: now + 30_000 })] }))
    expect(found).toMatch(new RegExp(`^${status}: ana is ${state} \\(expired\\)`))
    expect(found).toContain(fix)
  })

  test('takes an account of another app as normal', () => {
    expect(problems(facts({ infos: [info('orphaned')] }))).toEqual([])
  })

  test('explains what does not synchronise', () => {
    expect(problems(facts({ parked: [{ accountName: 'ana\u001b', authority: 'tasks' }] }))).toEqual([
      'problem: tasks of ana\\u{1b} waits until the account can be used again | Sign in again: agenda reauth "ana\\u{1b}"',
    ])
  })
})
