/** What is found on this machine: Java, the jars, the region, the credentials. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Failure from '../core/Failure'
import type { Java } from '../daemon/Java'
import type { Found } from './Access'
import * as Arn from './Arn'
import * as Clients from './Clients'
import * as Finding from './Finding'
import type { Answer } from './Permission'
import * as Refusal from './Refusal'

export const java = (answer: Answer<E.Either<string, Java>>): Finding.Finding =>
  pipe(
    answer,
    E.getOrElse(() => E.left('java -version does not finish; set JAVA_HOME to another Java')),
    E.match(
      (problem) => Finding.todo('Java', problem),
      ({ command, version }) => Finding.pass('Java', `${version} (${command})`)
    )
  )

export interface Jars {
  readonly count: number
  readonly folder: string
}

/** Right: null where they are not fetched yet. Left: what is wrong with them, a sentence each. */
export type JarsLook = E.Either<ReadonlyArray<string>, Jars | null>

const DEFAULT_VERSION = Config.keyOf('daemon.version')?.fallback

export const jars = ({ version, classpath }: DaemonSettings, look: JarsLook): Finding.Finding => {
  if (E.isLeft(look)) return Finding.todo('jars', look.left.join('; '))
  if (look.right === null) {
    const command = `kclts jars fetch${version === DEFAULT_VERSION ? '' : ` --kcl ${version}`}`
    return Finding.todo(
      'jars',
      `those of KCL ${version} are not fetched yet; run \`${command}\`, or leave it to the first start`
    )
  }
  const { count, folder } = look.right
  return Finding.pass('jars', `${count} ${classpath === null ? `of KCL ${version} ` : ''}in ${folder}`)
}

export const packages = (problem: string): Finding.Finding => Finding.todo('packages', problem)

export const region = (settings: DaemonSettings, answer: Answer<string>): Finding.Finding => {
  if (E.isLeft(answer)) return Finding.todo('region', Refusal.show(answer.left))
  const { streamArn } = settings
  const other = streamArn === null ? null : Arn.regionOf(streamArn)
  const from = settings.region === null ? 'of the environment' : 'of daemon.region'
  return other === null || other === answer.right
    ? Finding.pass('region', `${answer.right}, ${from}`)
    : Finding.todo(
        'region',
        `${answer.right}, ${from}, but daemon.streamArn names a stream in ${other}; correct one of them`
      )
}

/** If every endpoint is another one, such as an emulator's, the owner of the keys cannot be known. */
export const isOfAws = ({ kinesisEndpoint, dynamoDbEndpoint }: DaemonSettings): boolean =>
  [kinesisEndpoint, dynamoDbEndpoint].some(
    (endpoint) =>
      endpoint === null || /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname)
  )

/** The daemon's jars have no modules for these: the SDK for Java says so only when it starts. */
const NOT_IN_JARS = /^CREDENTIALS_(?:[A-Z_]*SSO[A-Z_]*|[A-Z_]*LOGIN[A-Z_]*)$/

const EXPORT = 'eval "$(aws configure export-credentials --format env)"'

/** Properties that give the tables or the metrics credentials of their own. */
const OTHERS = /^aws-?credentials-?provider(?:dynamodb|cloudwatch)/i

const JAVA_ALONE = 'daemon.credentials names Java classes, which cannot be tried here'

const limits = ({ credentials, properties }: DaemonSettings): ReadonlyArray<string> => [
  ...(Clients.providerOf(credentials)._tag === 'Foreign'
    ? [`${JAVA_ALONE}: these are what the AWS SDK finds by default`]
    : []),
  ...Object.keys(properties)
    .filter((name) => OTHERS.test(name))
    .map((name) => `daemon.properties.${name} was not tried`)
]

/**
 * What AWS says of keys that it does not take. Any other answer says nothing about the keys: the daemon itself never
 * asks STS.
 */
const WRONG =
  /^(?:InvalidClientTokenId|UnrecognizedClient|ExpiredToken|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|RequestExpired)/

const STS = 'AWS_ENDPOINT_URL_STS'

/** Whether AWS takes them, as far as it is known. `whose`: an ARN, or null where it was not asked. */
export const isTaken = (whose: Answer<string | null>): boolean =>
  E.isRight(whose) || !WRONG.test(Failure.fromUnknown(whose.left).name)

const owner = (whose: Answer<string | null>, key: string): ReadonlyArray<string> => {
  if (E.isLeft(whose)) return [key, `its owner cannot be looked up: ${Refusal.show(whose.left, STS)}`]
  return whose.right === null
    ? [key, "its owner was not looked up, since the endpoints are not AWS's"]
    : [whose.right]
}

/** `whose`: as for `isTaken`. */
export const credentials = (
  settings: DaemonSettings,
  { sources, accessKeyId }: Found,
  whose: Answer<string | null>
): Finding.Finding => {
  if (E.isLeft(whose) && !isTaken(whose))
    return Finding.todo('credentials', `access key ${accessKeyId}: ${Refusal.show(whose.left, STS)}`)
  const is = owner(whose, `access key ${accessKeyId}`)
  if (settings.classpath === null && sources.some((source) => NOT_IN_JARS.test(source)))
    return Finding.todo(
      'credentials',
      [...is, `from a login (SSO), which the daemon's jars do not support; give it the keys: ${EXPORT}`].join(
        '; '
      )
    )
  const unsure = limits(settings)
  const text = [...is, ...unsure].join('; ')
  return unsure.length > 0 || E.isLeft(whose)
    ? Finding.untried('credentials', text)
    : Finding.pass('credentials', text)
}

export const noCredentials = ({ credentials: from }: DaemonSettings, thrown: unknown): Finding.Finding => {
  const provider = Clients.providerOf(from)
  if (provider._tag === 'Foreign') return Finding.untried('credentials', JAVA_ALONE)
  return Finding.todo(
    'credentials',
    provider._tag === 'Profile'
      ? `the profile ${provider.name} of daemon.credentials has none; \`aws configure list-profiles\` lists the profiles`
      : Refusal.show(thrown, STS)
  )
}

export const metrics = ({ metrics: level }: DaemonSettings): Finding.Finding =>
  level === 'none'
    ? Finding.pass('metrics', 'none are sent to CloudWatch (daemon.metrics)')
    : Finding.untried(
        'metrics',
        'cloudwatch:PutMetricData on * was not tried, since it would write a metric; without it the daemon works, and its metrics are lost'
      )

/** What depends on what was not found. */
export const rest = (missing: string): Finding.Finding =>
  Finding.untried('AWS', `the stream and the tables were not tried without ${missing}`)
