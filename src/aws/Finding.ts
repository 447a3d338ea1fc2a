/** What a check before the first start has found about one thing. */
import type { Outcome, Permission } from './Permission'
import * as Permissions from './Permission'

export interface Finding {
  /** `stream`, `lease table` */
  readonly subject: string
  /** `untried`: it cannot be tried without changing something, or not from here; the text says so. */
  readonly verdict: 'pass' | 'todo' | 'untried'
  /** A sentence or more. What to do, for `todo`. */
  readonly text: string
  /** Permissions that are missing. */
  readonly denied: ReadonlyArray<Permission>
}

export const pass = (subject: string, text: string): Finding => ({
  subject,
  verdict: 'pass',
  text,
  denied: []
})

export const untried = (subject: string, text: string): Finding => ({
  ...pass(subject, text),
  verdict: 'untried'
})

export const todo = (subject: string, text: string, denied: ReadonlyArray<Permission> = []): Finding => ({
  subject,
  verdict: 'todo',
  text,
  denied
})

const unique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)]

/** What keeps permissions from being granted; null: nothing. `also` is shown beside it. */
export const ofOutcomes = (
  subject: string,
  also: string,
  outcomes: ReadonlyArray<Outcome>
): Finding | null => {
  const denied = outcomes.flatMap((one) => (one._tag === 'Denied' ? [one.permission] : []))
  const why = outcomes.flatMap((one) => (one._tag === 'Denied' && one.why !== null ? [one.why] : []))
  const unclear = outcomes.flatMap((one) => (one._tag === 'Unclear' ? [one.why] : []))
  if (denied.length === 0 && unclear.length === 0) return null
  const isForbidden = why.some((reason) => reason.includes('explicit deny'))
  const remedy = isForbidden ? 'ask the owner of that policy' : 'allow it in the IAM policy'
  const parts = [
    ...(also === '' ? [] : [also]),
    ...(denied.length === 0 ? [] : [Permissions.showDenied(denied)]),
    ...(why.length === 0 ? [] : [`AWS says: ${unique(why).join('; ')}`]),
    ...(denied.length === 0 ? [] : [remedy]),
    ...unique(unclear)
  ]
  return todo(subject, parts.join('; '), denied)
}
