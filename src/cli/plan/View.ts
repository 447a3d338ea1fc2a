/** What is shown of a plan, as text, JSON or a page. */
import * as Candidate from '../../lab/plan/Candidate'
import * as Front from '../../lab/plan/Front'
import type { Figures, Plan } from '../../lab/plan/Plan'
import * as Price from '../../lab/plan/Price'

export interface View {
  /** As the user named it. */
  readonly recording: string
  readonly plan: Plan
  /** US dollars for a million writes. */
  readonly rate: number
  /** The records that the user accepts again at most; null: no bound was given. */
  readonly most: number | null
}

/** A policy with its figures over all shards. */
export interface Row {
  readonly index: number
  readonly name: string
  readonly figures: Figures
  readonly writesAMonth: number
  readonly usdAMonth: number
  /** No other policy beats it. */
  readonly isOnFront: boolean
}

/** The first one is the policy in force. */
export const rows = ({ plan, rate }: View): ReadonlyArray<Row> => {
  const front = Front.front(plan.total)
  return plan.total.map((figures, index) => {
    const writesAMonth = Price.aMonth(figures.checkpoints.writes, plan.elapsed)
    return {
      index,
      name: plan.candidates[index]?.name ?? '',
      figures,
      writesAMonth,
      usdAMonth: Price.usd(writesAMonth, rate),
      isOnFront: front[index] === true
    }
  })
}

/** null: there is no bound, or nothing to choose from. */
export const suggestion = ({ plan, most }: View): Front.Suggestion | null =>
  most === null || plan.total.length < 2 ? null : Front.suggest(plan.total, most)

export const inForce = ({ plan }: View): string => plan.inForce.map(Candidate.show).join('; before that: ')

export const idle = ({ plan }: View): number => plan.shards.filter(({ records }) => records === 0).length
