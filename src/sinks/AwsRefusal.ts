/** What an error of the AWS SDK says about the entries of its request. One reading for every sink that calls AWS. */
import * as Failure from '../core/Failure'
import { again, denied, never, split, type Sent } from './Sink'

/** The service is busy: the same request may succeed later. */
const BUSY = /Throttl|Throughput|LimitExceeded|OverLimit|SlowDown|TooManyRequests/i

/**
 * What an operator must mend, and no entry is to blame for: permissions, credentials, clocks, keys of KMS, a stream or
 * queue that is missing. The entries wait for that until the deadline.
 */
const OPERATOR =
  /Denied|Unauthorized|NotAuthorized|Credential|Token|UnrecognizedClient|Signature|MissingAuthentication|Expired|OptIn|NotFound|NonExistent|DoesNotExist|Kms|InvalidSecurity|InvalidAddress|UnsupportedOperation|InUse/i

/** Statuses that say so too: 401, 403 and 404. */
const isOperators = (code: string, status: number): boolean =>
  OPERATOR.test(code) || [401, 403, 404].includes(status)

/** Of an error by which the service, or the network, failed the request as a whole. Never throws. */
export const ofRequest = (thrown: unknown): Sent => {
  const failure = Failure.fromUnknown(thrown)
  const status = statusOf(thrown)
  if (failure.name === 'ProxyRefusal') return denied(failure)
  // Without a status there was no answer: the network, or credentials that cannot be found.
  if (status === null || status >= 500 || status === 429 || status === 408) return again(failure)
  if (BUSY.test(failure.name)) return again(failure)
  if (isOperators(failure.name, status)) return denied(failure)
  return status >= 400 ? split(failure) : again(failure)
}

/** Of one entry that the service failed. `isSenders`: the service says that the entry itself is at fault. */
export const ofEntry = (code: string, message: string, isSenders: boolean): Sent => {
  const failure = Failure.make(code, message)
  if (BUSY.test(code)) return again(failure)
  if (OPERATOR.test(code)) return denied(failure)
  return isSenders ? never(failure) : again(failure)
}

/** The HTTP status in `$metadata`, which errors of the SDK have when there was an answer. */
const statusOf = (thrown: unknown): number | null => {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return null
  const { $metadata: metadata } = thrown
  return typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : null
}
