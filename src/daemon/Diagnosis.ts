/** What keeps the daemon from working, in a sentence, and what to do about it. */
import type { Line } from './DaemonLog'

export interface Diagnosis {
  readonly sentence: string
  readonly remedy: string
}

interface Rule {
  readonly sign: RegExp
  readonly diagnosis: (match: RegExpExecArray) => Diagnosis
}

const rule = (sign: RegExp, sentence: (match: RegExpExecArray) => string, remedy: string): Rule => ({
  sign,
  diagnosis: (match) => ({ sentence: sentence(match), remedy })
})

/** Rules for what the AWS SDK for Java, the KCL and the JVM say. The first that fits is used. */
const rules: ReadonlyArray<Rule> = [
  rule(
    /Unable to load credentials from any of the providers/,
    () => 'there are no AWS credentials',
    'set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; `kclts check --aws` shows what is found'
  ),
  rule(
    /ExpiredToken|security token included in the request is expired/,
    () => 'the AWS credentials have expired',
    'log in again, or use a role that renews them'
  ),
  rule(
    /(?:UnrecognizedClientException|InvalidClientTokenId|The security token included in the request is invalid)/,
    () => 'AWS does not know these credentials',
    'check the access key and its account; temporary keys need AWS_SESSION_TOKEN, too'
  ),
  rule(
    /(?:InvalidSignatureException|SignatureDoesNotMatch)[^\n]*?(?:Signature expired|not yet current)/,
    () => "this machine's clock is wrong, so AWS refuses the signatures",
    'set the clock (NTP) and start again'
  ),
  rule(
    /(?:InvalidSignatureException|SignatureDoesNotMatch)/,
    () => 'the secret access key does not belong to the access key',
    'check AWS_SECRET_ACCESS_KEY'
  ),
  rule(
    /(?:User: (\S+) )?is not authorized to perform: (\S+)(?: on resource: (\S+))?/,
    ([, user, action, resource]) =>
      `${user ?? 'the user of these credentials'} may not call ${action ?? 'it'}${resource === undefined ? '' : ` on ${resource}`}`,
    'allow it in the IAM policy; `kclts check --aws` lists what is needed'
  ),
  rule(
    /ResourceNotFoundException[^\n]*?[Ss]tream (\S+?)(?: under account (\d+))? not found/,
    ([, stream, account]) =>
      `there is no stream ${stream ?? ''}${account === undefined ? '' : ` in account ${account}`}`,
    'check daemon.streamName and daemon.region'
  ),
  rule(
    /Got ResourceNotFoundException when fetching shard list for (\S+?)\. Stream no longer exists/,
    ([, stream]) => `there is no stream ${stream ?? ''}`,
    'check daemon.streamName and daemon.region'
  ),
  rule(
    /ResourceNotFoundException[^\n]*?Shard (\S+) in stream (\S+) under account \d+ does not exist/,
    ([, shard, stream]) =>
      `the lease table has ${shard ?? 'a shard'}, which the stream ${stream ?? ''} does not have`,
    'if the stream was recreated or replaced, choose a new daemon.applicationName or delete the lease table; if the shard was closed long ago, ignore this'
  ),
  rule(
    /Cannot deploy Phase 2 \(migrateAllEntitiesToLeaseTable=true\)/,
    () => 'the three tables of the application cannot be moved into one yet',
    'deploy all workers without migrateAllEntitiesToLeaseTable in daemon.properties, and set it once `kclts leases` shows DEPLOYED'
  ),
  rule(
    /Legacy (?:WorkerMetricStats )?table does not exist, cannot/,
    () =>
      'a table of the application is missing: without a complete move to a single table, it needs both APPLICATION-CoordinatorState and APPLICATION-WorkerMetricStats',
    'restore the table that is missing; `kclts check --aws` names it'
  ),
  rule(
    /Unable to load region from any of the providers/,
    () => 'the AWS region is not known',
    'set daemon.region or AWS_REGION'
  ),
  rule(
    /UnknownHostException:? ?([\w.-]+)?/,
    ([, host]) => `the name ${host ?? 'of the endpoint'} cannot be resolved`,
    'check daemon.region, the endpoints and the network'
  ),
  rule(
    /Connection refused: ?(\S+)?/,
    ([, address]) => `nothing listens at ${(address ?? 'the endpoint').replace(/^\//, '')}`,
    'check the endpoints and the network'
  ),
  rule(
    /(?:ConnectTimeoutException|connection timed out|Acquire operation took longer)/,
    () => 'AWS cannot be reached in time',
    'check the network: security groups, the proxy, a VPC endpoint'
  ),
  rule(
    /ProvisionedThroughputExceededException thrown while fetching records/,
    () => 'Kinesis throttles the reads of the shard',
    'let fewer applications read the stream, or take daemon.retrieval: fan-out'
  ),
  rule(
    /(?:ProvisionedThroughputExceededException|ThrottlingException|LimitExceededException|RequestLimitExceeded)/,
    () => 'AWS throttles the requests',
    'raise the capacity of the lease table, or checkpoint less often (checkpoint.interval)'
  ),
  rule(
    /OutOfMemoryError: ?([^\n]*)/,
    ([, what]) => `Java has no memory left (${what === undefined || what === '' ? 'heap' : what})`,
    'give it more with daemon.java, such as -Xmx1g, or lower maxRecords'
  ),
  rule(
    /UnsupportedClassVersionError/,
    () => 'this Java is too old for this KCL',
    'install Java 17 or newer, or set JAVA_HOME'
  ),
  rule(
    /(?:NoClassDefFoundError|ClassNotFoundException|Could not find or load main class)(?::? ?(\S+))?/,
    ([, name]) => `the jars are not complete${name === undefined ? '' : `: ${name} is missing`}`,
    'run `kclts jars verify`'
  )
]

/** null: nothing that is known to keep it from working. */
export const of = ({ level, message, exception }: Line): Diagnosis | null =>
  level === 'warn' || level === 'error' ? ofText(`${message}\n${exception}`) : null

/** For lines that the JVM itself prints. */
export const ofText = (text: string): Diagnosis | null => {
  for (const { sign, diagnosis } of rules) {
    const match = sign.exec(text)
    if (match !== null) return diagnosis(match)
  }
  return null
}

/** `java.lang.Error: it failed`, when the JVM prints an uncaught exception or its cause, and no rule knows it. */
export const uncaught = (line: string): string | null =>
  /^(?:Exception in thread "[^"]*" |Caused by: )?((?:[\w$]+\.)+[\w$]+(?:Exception|Error)(?:: .*)?)$/.exec(
    line
  )?.[1] ?? null

export const show = ({ sentence, remedy }: Diagnosis): string => `${sentence}; ${remedy}`
