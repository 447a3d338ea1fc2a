/** Hashes of what a recording does not keep. */
import * as crypto from 'node:crypto'

const BYTES = 16

const short = (digest: Buffer): string => digest.subarray(0, BYTES).toString('base64url')

/** The first 16 bytes of the SHA-256 of the text, in base64url. */
export const plain = (text: string): string => short(crypto.createHash('sha256').update(text).digest())

/**
 * With a key of its own for each recording process, which is written nowhere: so a value of few possible ones, such as a
 * customer's number, cannot be found by hashing all of them. Equal values have equal hashes within one process.
 */
export const keyed = (): ((text: string) => string) => {
  const key = crypto.randomBytes(32)
  return (text) => short(crypto.createHmac('sha256', key).update(text).digest())
}
