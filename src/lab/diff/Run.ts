/** The records of a recording through two handlers, piece by piece: what is in memory is one piece. */
import * as E from 'fp-ts/Either'
import type { Fields } from '../../protocol/KinesisRecord'
import type { Batch } from './Batch'
import { Comparison, type Outcomes, type Place, type Which } from './Comparison'
import type { Difference } from './Difference'
import type { Pass, Ran, Took } from './Message'
import { acked } from './Outcome'
import type { Thread } from './Thread'
import { ACTS } from './Stage'

/** Both handlers. */
export type Pair = Readonly<Record<Which, Thread>>

export interface Options {
  /** Names of differences that count as none. */
  readonly allow: ReadonlyArray<string>
  /** Whether each handler is compared with itself, for which it gets every record again. */
  readonly itself: boolean
  readonly onProgress: (records: number) => void
  /** A record that differs, with what is not allowed of it. */
  readonly onDifferent: (batch: Batch, record: Fields, differences: ReadonlyArray<Difference>) => void
  /** Whether to stop before the end. */
  readonly isStopping: () => boolean
}

/** Records of one piece: enough that messages between threads cost little. */
const PIECE = 1000

/** Base64 of one piece: what several copies of it may take. */
const PIECE_BYTES = 8 << 20

function* pieces(batches: Iterable<Batch>): Generator<ReadonlyArray<Batch>> {
  let piece: Array<Batch> = []
  let [records, bytes] = [0, 0]
  for (const batch of batches) {
    piece.push(batch)
    records += batch.records.length
    bytes += batch.records.reduce((sum, { base64 }) => sum + base64.length, 0)
    if (records < PIECE && bytes < PIECE_BYTES) continue
    yield piece
    piece = []
    records = bytes = 0
  }
  if (piece.length > 0) yield piece
}

export const placeOf = (record: Fields): Place => {
  const { shardId, sequenceNumber, subSequenceNumber } = record
  return `${shardId}/${sequenceNumber}${subSequenceNumber === 0 ? '' : `/${subSequenceNumber}`}`
}

type Both = Readonly<Record<Which, Ran>>

class Running {
  readonly #comparison: Comparison
  /** Of each pass. */
  readonly #took: Array<Readonly<Record<Which, Took>>> = []
  #records = 0

  constructor(
    private readonly threads: Pair,
    private readonly options: Options
  ) {
    this.#comparison = new Comparison(options.allow)
  }

  /** One after the other: if they ran at the same time, their times would say nothing. */
  async #pass(batches: ReadonlyArray<Batch>, pass: Pass): Promise<E.Either<string, Both>> {
    const ran: Partial<Record<Which, Ran>> = {}
    for (const which of ['old', 'new'] as const) {
      const one = await this.threads[which].run({ batches, pass, isShown: false })
      if (E.isLeft(one)) return E.left(`the ${which} handler: ${one.left}`)
      if (one.right.outcomes.some((outcomes) => outcomes.some(({ reason }) => reason === ACTS)))
        return E.left(acts(which))
      ran[which] = one.right
    }
    const { old: before, new: after } = ran
    return before === undefined || after === undefined
      ? E.left('a handler did not run')
      : E.right({ old: before, new: after })
  }

  #measure(pass: number, { old: before, new: after }: Both): void {
    const add = (a: Took, b: Took): Took => ({ calls: a.calls + b.calls, millis: a.millis + b.millis })
    const known = this.#took[pass]
    this.#took[pass] =
      known === undefined
        ? { old: before.took, new: after.took }
        : { old: add(known.old, before.took), new: add(known.new, after.took) }
  }

  readonly piece = async (batches: ReadonlyArray<Batch>): Promise<E.Either<string, void>> => {
    const first = await this.#pass(batches, 'first')
    if (E.isLeft(first)) return first
    const again = this.options.itself ? await this.#pass(batches, 'again') : null
    if (again !== null && E.isLeft(again)) return again
    const second = again?.right ?? null
    this.#measure(0, first.right)
    if (second !== null) this.#measure(1, second)
    const at = (which: Which, i: number, j: number): Outcomes => ({
      first: first.right[which].outcomes[i]?.[j] ?? acked,
      again: second === null ? null : (second[which].outcomes[i]?.[j] ?? acked)
    })
    for (const [i, batch] of batches.entries())
      for (const [j, record] of batch.records.entries()) {
        const wrong = this.#comparison.add(placeOf(record), at('old', i, j), at('new', i, j))
        if (wrong.length > 0) this.options.onDifferent(batch, record, wrong)
      }
    this.#records += batches.reduce((sum, { records }) => sum + records.length, 0)
    this.options.onProgress(this.#records)
    return E.right(undefined)
  }

  readonly summary = (): ReturnType<Comparison['read']> => this.#comparison.read(this.#took)
}

/** What to say of a handler that does more than decide. */
export const acts = (which: Which): string =>
  `the ${which} handler is an effect: it does more than decide. kclts diff would make it act on every record of the ` +
  'recording; --effects allows that'

/** Left: why the comparison could not be finished. */
export const run = async (
  batches: Iterable<Batch>,
  threads: Pair,
  options: Options
): Promise<E.Either<string, ReturnType<Comparison['read']>>> => {
  const running = new Running(threads, options)
  for (const piece of pieces(batches)) {
    if (options.isStopping()) break
    const ran = await running.piece(piece)
    if (E.isLeft(ran)) return ran
  }
  return E.right(running.summary())
}
