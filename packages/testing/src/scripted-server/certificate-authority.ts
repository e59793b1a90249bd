import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  booleanTrue,
  der,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from './der.ts'

/** A certificate and its key, both PEM, as `node:https` takes them. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateRequest {
  /** Names and IP addresses for which it is valid. */
  readonly hosts: readonly string[]
  /** Epoch milliseconds. Default: an hour ago. */
  readonly notBeforeAt?: number
  /** Epoch milliseconds. Default: in a day. */
  readonly notAfterAt?: number
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const COMMON_NAME = '2.5.4.3'
const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * A certificate authority for one test, which nobody trusts who was not told to.
 *
 * Node can sign but not write certificates, so they are put together here: a handful of DER structures (RFC 5280).
 */
export class CertificateAuthority {
  /** Its own certificate as PEM: for the `ca` option of `node:https`, or a file in `NODE_EXTRA_CA_CERTS`. */
  readonly cert: string
  readonly #privateKey: KeyObject
  readonly #name = nameOf(`Test CA ${randomBytes(4).toString('hex')}`)

  constructor() {
    const { privateKey, publicKey } = newKeyPair()
    this.#privateKey = privateKey
    const extensions = [
      extension(BASIC_CONSTRAINTS, sequence(booleanTrue()), 'critical'),
      // keyCertSign
      extension(KEY_USAGE, der(0x03, Buffer.of(2, 0b0000_0100)), 'critical'),
    ]
    this.cert = this.#sign(publicKey, this.#name, { notBefore: -HOUR_MS, notAfter: DAY_MS }, extensions)
  }

  issue(request: CertificateRequest): TestCertificate {
    const now = Date.now()
    const { hosts, notBeforeAt = now - HOUR_MS, notAfterAt = now + DAY_MS } = request
    const { privateKey, publicKey } = newKeyPair()
    const extensions = [extension(SUBJECT_ALTERNATIVE_NAME, sequence(...hosts.map(alternativeName)))]
    const validity = { notBefore: notBeforeAt - now, notAfter: notAfterAt - now }
    const cert = this.#sign(publicKey, nameOf('test server'), validity, extensions)
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  }

  #sign(
    publicKey: KeyObject,
    subject: Buffer,
    validity: { notBefore: number; notAfter: number },
    extensions: readonly Buffer[],
  ): string {
    const now = Date.now()
    const content = sequence(
      der(0xa0, integer(Buffer.of(2))),
      integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      this.#name,
      sequence(utcTime(new Date(now + validity.notBefore)), utcTime(new Date(now + validity.notAfter))),
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(...extensions)),
    )
    const signature = sign('sha256', content, this.#privateKey)
    return pem(sequence(content, ECDSA_WITH_SHA256, bitString(signature)))
  }
}

function newKeyPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))))
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [booleanTrue()]
  return sequence(objectIdentifier(id), ...flag, octetString(value))
}

/** dNSName or iPAddress of a GeneralName. */
function alternativeName(host: string): Buffer {
  if (isIP(host) === 0) return der(0x82, Buffer.from(host, 'latin1'))
  if (isIP(host) === 6) throw new RangeError('hosts can hold names and IPv4 addresses, received an IPv6 address')
  return der(0x87, Buffer.from(host.split('.').map(Number)))
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}
