/** What `kclts check --aws` has found, as text for people and as JSON for programs. */
import type { Finding } from '../../aws/Finding'
import * as Permission from '../../aws/Permission'
import { safe } from '../deadLetters/file'

/** As wide as the longest of them. */
const WORDS = { pass: 'pass     ', todo: 'TO DO    ', untried: 'not tried' } as const

/** As wide as the longest subject. */
const SUBJECT = 'leader table'.length

export const line = ({ verdict, subject, text }: Finding): string =>
  `${WORDS[verdict]}  ${subject.padEnd(SUBJECT)}  ${safe(text)}\n`

export const policyOf = (findings: ReadonlyArray<Finding>): object | null =>
  Permission.policy(findings.flatMap(({ denied }) => denied))

const counted = (findings: ReadonlyArray<Finding>): string => {
  const count = findings.filter(({ verdict }) => verdict === 'todo').length
  if (count > 0) return `${count} ${count === 1 ? 'thing' : 'things'} to do before the first start.`
  return findings.some(({ verdict }) => verdict === 'untried')
    ? 'Nothing to do, as far as this can be tried: `kclts run` can start.'
    : 'Nothing to do: `kclts run` can start.'
}

/** After the lines. */
export const summary = (findings: ReadonlyArray<Finding>): string => {
  const policy = policyOf(findings)
  return [
    '',
    ...(policy === null
      ? []
      : ['An IAM policy that allows what was denied:', JSON.stringify(policy, null, 2), '']),
    counted(findings),
    ''
  ].join('\n')
}

/** A line with one document for each finding. */
export const json = ({ subject, verdict, text, denied }: Finding): string =>
  `${JSON.stringify({ check: subject, verdict, text, denied })}\n`

/** The last line. */
export const jsonSummary = (findings: ReadonlyArray<Finding>): string =>
  `${JSON.stringify({
    todo: findings.filter(({ verdict }) => verdict === 'todo').length,
    policy: policyOf(findings)
  })}\n`
