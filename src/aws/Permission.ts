/** What IAM allows or denies: an action on a resource. */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Refusal from './Refusal'

export interface Permission {
  /** `kinesis:GetRecords` */
  readonly action: string
  /** Its ARN. */
  readonly resource: string
}

/** Left: what a client of the AWS SDK rejected with. */
export type Answer<A> = E.Either<unknown, A>

/** What an answer says about the permission that was asked for. */
export type Outcome =
  | { readonly _tag: 'Granted' }
  /** `why`: in AWS's words, such as an explicit deny, which no further policy undoes; null: it gives no reason. */
  | { readonly _tag: 'Denied'; readonly permission: Permission; readonly why: string | null }
  /** It is inconclusive: a sentence. */
  | { readonly _tag: 'Unclear'; readonly why: string }

const granted: Outcome = { _tag: 'Granted' }

/** AWS checks the permission first: who is answered that there is no such thing, or is throttled, has the permission. */
const LET_IN = [
  'ConditionalCheckFailedException',
  'TransactionCanceledException',
  'ResourceNotFoundException',
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ThrottlingException',
  'RequestLimitExceeded'
]

const DENIED = /AccessDenied|UnauthorizedOperation/

/** AWS names another than that asked for where it needs that, too: `kms:Decrypt` on the key of a stream. */
const NAMED = /is not authorized to perform: (\S+?)(?: on resource: (\S+?))?(?=[,;.]?(?:\s|$))/

const REASON = /(because .+|with an explicit deny.*)$/

const denied = (asked: Permission, message: string): Outcome => {
  const [, action = asked.action, resource = asked.resource] = NAMED.exec(message) ?? []
  return { _tag: 'Denied', permission: { action, resource }, why: REASON.exec(message)?.[1] ?? null }
}

/** `endpoint`: the key of the configuration that names where the service is. */
export const outcome =
  (endpoint: string) =>
  (asked: Permission, answer: Answer<unknown>): Outcome => {
    if (E.isRight(answer)) return granted
    const { name, message } = Failure.fromUnknown(answer.left)
    if (LET_IN.includes(name)) return granted
    return DENIED.test(name)
      ? denied(asked, message)
      : { _tag: 'Unclear', why: Refusal.show(answer.left, endpoint) }
  }

/** Permissions by resource, each once, in the order in which they came. */
const grouped = (permissions: ReadonlyArray<Permission>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const groups = new Map<string, Array<string>>()
  for (const { action, resource } of permissions) {
    const actions = groups.get(resource) ?? []
    if (!actions.includes(action)) actions.push(action)
    groups.set(resource, actions)
  }
  return groups
}

/** `may not call a:B, a:C on ARN; may not call ...` */
export const showDenied = (permissions: ReadonlyArray<Permission>): string =>
  [...grouped(permissions)]
    .map(([resource, actions]) => `may not call ${actions.join(', ')} on ${resource}`)
    .join('; ')

/** The smallest policy that allows them. Null: there are none. */
export const policy = (permissions: ReadonlyArray<Permission>): object | null =>
  permissions.length === 0
    ? null
    : {
        Version: '2012-10-17',
        Statement: [...grouped(permissions)].map(([Resource, Action]) => ({
          Effect: 'Allow',
          Action,
          Resource
        }))
      }
