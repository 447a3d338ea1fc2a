/** A handler that is loaded as a worker loads it, and the batches that it is given. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../../config/Config'
import type * as ConfigSearch from '../../config/ConfigSearch'
import * as Filter from '../../core/Filter'
import { isSeveral } from '../../core/Handler'
import * as Acting from '../../edge/Acting'
import * as HandlerModule from '../../edge/HandlerModule'
import * as Startup from '../../edge/Startup'
import * as KinesisRecord from '../../protocol/KinesisRecord'
import * as Managed from '../../run/Managed'
import * as Outputs from '../../sinks/Outputs'
import * as Sinks from '../../sinks/Sinks'
import * as Mask from '../Mask'
import * as Batch from './Batch'
import { Calls, nameOf } from './Calls'
import type { Assignment, Order, Pass, Ran, Ready } from './Message'
import * as MovedClock from './MovedClock'
import type { Outcome } from './Outcome'
import * as Trial from './Trial'

/** The reason of a halt that stands for an effect. */
export const ACTS = 'the handler does more than decide'

export interface Stage {
  readonly subject: Trial.Subject
  readonly calls: Calls
  readonly filter: Filter.Filter | undefined
  readonly hasSinks: boolean
  readonly exported: Ready['exported']
  /** What the module leaves of a record that is kept; null: it has no `mask`. */
  readonly mask: Mask.Mask | null
}

// -- opening ----------------------------------------------------------------------------------------------------------

/** Sinks that refuse nothing: which outputs a sink could not take, such as one that is too large, is known once it is open. */
const takersOf = (sinks: Config.Config['sinks']): ReadonlyMap<string, Sinks.Taker> =>
  new Map(Object.entries(sinks).map(([name, { keys }]) => [name, { keys: keys ?? 1, refusal: () => null }]))

/** A handler that stands alone, without a configuration, may emit to any sink. */
const anyTaker: ReadonlyMap<string, Sinks.Taker> = new (class extends Map<string, Sinks.Taker> {
  override get(): Sinks.Taker {
    return { keys: 1, refusal: () => null }
  }
})()

const encodeOf = (
  { config }: ConfigSearch.Loaded,
  { exported }: HandlerModule.HandlerModule
): E.Either<ReadonlyArray<string>, Outputs.Encode> => {
  const outputs = exported('outputs')
  const hasSinks = Object.keys(config.sinks).length > 0
  const sinks = hasSinks || typeof outputs !== 'object' || outputs === null ? config.sinks : { ...outputs }
  return Outputs.read(outputs, { ...config, sinks })
}

const EVERY: Filter.Filter = { maxAge: null, include: null, exclude: null }

const isMask = (value: unknown): value is Mask.Mask => typeof value === 'function'

const maskOf = ({ exported }: HandlerModule.HandlerModule): Mask.Mask | null => {
  const mask = exported('mask')
  return isMask(mask) ? mask : null
}

const exportedAs = ({ handler, exported }: HandlerModule.HandlerModule): Stage['exported'] =>
  isSeveral(handler) ? 'batchHandler' : exported('handler') === undefined ? 'default' : 'handler'

export const open = ({ loaded, effects, cell }: Assignment): Managed.Managed<Stage> =>
  pipe(
    Managed.fromEither(async () =>
      pipe(
        await HandlerModule.load(loaded.config.handler, { isKept: false }),
        E.mapLeft((problem) => [problem]),
        E.filterOrElse(
          (module) => effects || !Acting.mayAct(module),
          () => [ACTS]
        ),
        E.bindTo('module'),
        E.bind('encode', ({ module }) => encodeOf(loaded, module)),
        E.mapLeft((problems) => Managed.refusal(problems))
      )
    ),
    Managed.chain(({ module, encode }) =>
      pipe(
        Startup.resource(module, loaded.config.deadline),
        Managed.map((resource): Stage => {
          const { config } = loaded
          // The batches are filtered before: the age of a record is that of the recording.
          const env = Config.toEnv({ ...config, filter: EVERY }, HandlerModule.about(module))
          const { handler } = module
          const calls = new Calls(effects ? handler : Acting.pureOnly(handler, ACTS), cell)
          const hasSinks = Object.keys(config.sinks).length > 0
          const takers = hasSinks ? takersOf(config.sinks) : anyTaker
          return {
            subject: {
              env: Trial.envOf(env),
              handler: calls.handler,
              resource,
              address: Sinks.address(takers, encode)
            },
            calls,
            filter: Filter.make(config.filter),
            hasSinks,
            exported: exportedAs(module),
            mask: maskOf(module)
          }
        })
      )
    )
  )

/** What is known of it before it is called. */
export const ready = ({ exported, hasSinks }: Stage): Ready => ({ exported, hasSinks })

// -- orders -----------------------------------------------------------------------------------------------------------

/** Gives the batches to the handler. */
export const obey = async (stage: Stage, order: Order): Promise<Ran> => {
  const { calls } = stage
  calls.number(numbersOf(order.batches))
  const ran = await MovedClock.during(order.pass === 'again', () => runAll(stage, order))
  const masked = order.isShown ? order.batches.map((batch) => batch.records.map(masking(stage))) : []
  return { ...ran, masked, took: calls.took() }
}

/** Records are numbered from 1 over all batches. */
const numbersOf = (batches: Order['batches']): ReadonlyMap<string, number> => {
  const numbers = new Map<string, number>()
  let number = 0
  for (const { records } of batches) for (const record of records) numbers.set(nameOf(record), (number += 1))
  return numbers
}

type Outcomes = Array<Outcome | undefined>

/** null: it has no JSON. */
const jsonOf = (decided: unknown): string | null => {
  try {
    // The stack depends on where the handler is.
    return JSON.stringify(decided, (name, value: unknown) => (name === 'stack' ? undefined : value))
  } catch {
    return null
  }
}

const masking =
  ({ mask }: Stage) =>
  (record: KinesisRecord.Fields): KinesisRecord.Fields | null => {
    if (mask === null) return record
    const masked = Mask.apply(mask, KinesisRecord.make(record))
    return masked === null ? null : Batch.fieldsOf(masked)
  }

const lotOf = (batch: Batch.Batch, indices: ReadonlyArray<number>): Trial.Lot => ({
  shardId: batch.shardId,
  millisBehindLatest: batch.millisBehindLatest,
  records: indices.flatMap((index) => {
    const record = batch.records[index]
    return record === undefined ? [] : [[index, record] as const]
  })
})

const runAll = async (
  { subject, filter, calls }: Stage,
  { batches, pass, isShown }: Order
): Promise<Pick<Ran, 'outcomes' | 'shown'>> => {
  const all = batches.map((batch) => ({ batch, outcomes: [] as Outcomes, shown: [] as Array<string | null> }))
  const isActing = (outcomes: Outcomes): boolean => outcomes.some((one) => one?.reason === ACTS)
  for (const { batch, outcomes, shown } of pass === 'again' ? [...all].reverse() : all) {
    const passed = Batch.sift(batch, filter, outcomes)
    const watched: Trial.Subject = isShown
      ? { ...subject, onDecided: (index, decided) => (shown[index] = jsonOf(decided)) }
      : subject
    for (const indices of lots(passed, pass, isSeveral(calls.handler)))
      await Trial.run(watched, lotOf(batch, indices), outcomes, () => isActing(outcomes))
    if (isActing(outcomes)) break
  }
  return {
    outcomes: all.map(({ outcomes }) => outcomes.flatMap((one) => one ?? [])),
    shown: all.map(({ shown }) => shown)
  }
}

/** The first record comes last in the second pass; a batch handler may decide by what comes together, which stays so. */
const lots = (
  indices: ReadonlyArray<number>,
  pass: Pass,
  isBatch: boolean
): ReadonlyArray<ReadonlyArray<number>> =>
  pass === 'first' || isBatch ? [indices] : [indices.slice(1), indices.slice(0, 1)]
