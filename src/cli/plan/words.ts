/** One policy beside the one in force, in a sentence. */
import * as Candidate from '../../lab/plan/Candidate'
import type { Figures, Plan } from '../../lab/plan/Plan'
import * as Price from '../../lab/plan/Price'
import { safe } from '../deadLetters/file'
import * as Shown from './Shown'
import { suggestion, type Row, type View } from './View'

/** In US dollars for a million writes. */
export type Rate = number

/** Why the figures of other policies are printed with "about". */
export const REASON =
  'Figures of other policies are estimates ("about"): their checkpoints were never sent. kclts assumes that each of them is answered like the last recorded checkpoint before it, and that records arrive when they did in the recording.'

export const monthly = ({ checkpoints }: Figures, { elapsed }: Plan): number =>
  Price.aMonth(checkpoints.writes, elapsed)

/** Below this share a difference is none to speak of. */
const LITTLE = 0.02

const writes = (now: Figures, proposed: Figures, plan: Plan, rate: Rate): string => {
  const [before, after] = [monthly(now, plan), monthly(proposed, plan)]
  const more = Price.usd(after - before, rate)
  const cost = ` (${more < 0 ? '-' : '+'} ${Shown.usd(Math.abs(more))} USD a month)`
  if (after === before || Math.abs(after - before) < before * LITTLE) return 'about as many writes'
  if (before === 0) return `about ${Shown.whole(after)} writes a month instead of none${cost}`
  if (after < before) return `about ${Shown.whole((1 - after / before) * 100)} % fewer writes${cost}`
  return after < 1.5 * before
    ? `about ${Shown.whole((after / before - 1) * 100)} % more writes${cost}`
    : `about ${Shown.rough(after / before)} times the writes${cost}`
}

const crash = (now: Figures, proposed: Figures): string => {
  const [before, after] = [now.again.records.mean, proposed.again.records.mean]
  if (after === before || Math.abs(after - before) < before * LITTLE)
    return 'a crash brings about as many records again'
  if (before === 0)
    return `a crash brings about ${Shown.rough(after)} records again on average, and none so far`
  if (after < before) return `a crash brings ${Shown.whole((1 - after / before) * 100)} % fewer records again`
  return after < 2 * before
    ? `a crash brings ${Shown.whole((after / before - 1) * 100)} % more records again`
    : `a crash brings ${Shown.rough(after / before)} times the records again`
}

/** `checkpoint.count 0 -> 1000`; for several policies in force it begins with what the new one is. */
const change = (plan: Plan, index: number): string => {
  const wanted = plan.candidates[index]?.change ?? {}
  const [only, ...others] = plan.inForce
  const last = plan.inForce[plan.inForce.length - 1]
  if (only === undefined || last === undefined) return ''
  return others.length === 0
    ? Candidate.difference(only, { ...only, ...wanted })
    : `${Candidate.show({ ...last, ...wanted })} in place of ${plan.inForce.length} policies`
}

/**
 * `checkpoint.count 0 -> 1000: about 4.1 times the writes (+ 3.20 USD a month); a crash brings 93 % fewer records again`.
 *
 * @param index of the candidate
 */
export const sentence = (plan: Plan, index: number, rate: Rate): string => {
  const [now, proposed] = [plan.total[0], plan.total[index]]
  const what = change(plan, index)
  if (now === undefined || proposed === undefined) return ''
  return what === ''
    ? 'the same as the policy in force'
    : `${what}: ${writes(now, proposed, plan, rate)}; ${crash(now, proposed)}`
}

/** Which policy to take for the bound that was given; null: none was given. */
export const suggested = (view: View, all: ReadonlyArray<Row>): string | null => {
  const found = suggestion(view)
  const row = all.find(({ index }) => index === found?.index)
  if (found === null || row === undefined || view.most === null) return null
  const worst = Shown.counted(row.figures.again.records.worst, 'record')
  const bound = Shown.counted(view.most, 'record')
  const what = row.index === 0 ? 'the policy in force' : safe(row.name)
  return found._tag === 'Keeps'
    ? `Suggested for at most ${bound} again: ${what}, with the fewest writes of those that keep to it (about ${worst} at worst)`
    : `No policy keeps to ${bound} at worst. Nearest is ${what}, with about ${worst}`
}
