/** Why AWS, or the client that was to ask it, gave no answer: in a sentence, and what to do about it. */
import * as Failure from '../core/Failure'
import * as Diagnosis from '../daemon/Diagnosis'

type Rule = readonly [sign: RegExp, explain: (match: RegExpExecArray, endpoint: string) => string]

/** By what the AWS SDK for JavaScript and Node say where they differ from Java. */
const rules: ReadonlyArray<Rule> = [
  [
    /^CredentialsProviderError: Could not load credentials from any providers/,
    () =>
      'there are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached'
  ],
  [
    /^CredentialsProviderError: (.*)/,
    ([, why]) => `no AWS credentials: ${why ?? ''}; check daemon.credentials and AWS_PROFILE`
  ],
  [/Region is missing/, () => 'there is no region; set daemon.region or AWS_REGION'],
  [
    /ECONNREFUSED ?([^\s)]*)/,
    ([, address], endpoint) =>
      `nothing listens at ${address || 'the endpoint'}; check ${endpoint} and the network`
  ],
  [
    /(?:ENOTFOUND|EAI_AGAIN) ?([^\s)]*)/,
    ([, host]) =>
      `the name ${host || 'of the endpoint'} cannot be resolved; check daemon.region, the endpoints and the network`
  ],
  [
    /^Error: Protocol error|ERR_HTTP2_ERROR/,
    (_, endpoint) => `what answers does not speak HTTP/2, which the daemon needs; check ${endpoint}`
  ],
  [
    /^Unknown(?:Error)?: UnknownError/,
    (_, endpoint) => `what answers is not AWS; check ${endpoint} and the proxy`
  ],
  [
    /^TimeoutError|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    () => 'AWS cannot be reached in time; check the network: security groups, the proxy, a VPC endpoint'
  ]
]

/** What was asked for is not there. */
export const isMissing = (thrown: unknown): boolean =>
  Failure.fromUnknown(thrown).name === 'ResourceNotFoundException'

const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? ` ${thrown.code}`
    : ''

/** In: what a client of the AWS SDK rejected with, and the key of the configuration that names where its service is. */
export const show = (thrown: unknown, endpoint = 'daemon.dynamoDbEndpoint'): string => {
  const failure = Failure.describe(thrown)
  // A name with several addresses fails without a message, and with a code alone.
  const text = failure.includes(' ') ? failure : failure + codeOf(thrown)
  for (const [sign, explain] of rules) {
    const match = sign.exec(text)
    if (match !== null) return explain(match, endpoint)
  }
  const trouble = Diagnosis.ofText(text)
  return trouble === null ? text : Diagnosis.show(trouble)
}
