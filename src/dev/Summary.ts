/** The result of a run: as data for `--json`, and in words. */
import * as Position from '../protocol/Position'
import type { Stored } from '../protocol/Lease'
import type { Shard } from './Shard'
import type { Tally } from './Tally'
import type { Outcome } from './Worker'

export interface ShardSummary {
  readonly shard: string
  readonly parent: string | null
  /** Where the next run begins: digits, `SHARD_END`, or null for the beginning. */
  readonly position: string | null
  readonly consumed: number
  /** How many records a crash now would bring again. */
  readonly replay: number
}

/** What is only known of children in this process is null when they are processes of their own. */
export interface Summary {
  /**
   * `consumed`: everything; `rejected`: everything, and each record became a dead letter; `stopped`: on request before the
   * end, or with lines that could not be read.
   */
  readonly outcome: 'consumed' | 'rejected' | 'stopped' | 'halted' | 'broken'
  readonly exitCode: ExitCode
  readonly problem: string | null
  /** Records, each counted once, unless it says otherwise. */
  readonly records: {
    readonly consumed: number
    /** Sent to children, those that came again counted each time. */
    readonly delivered: number
    readonly again: number
    readonly skipped: number | null
    readonly deadLetters: number | null
    /** Lines of input that are no record. */
    readonly unreadable: number
  }
  readonly checkpoints: {
    readonly sent: number
    readonly coalesced: number | null
    readonly failed: number
  }
  readonly faults: { readonly leasesLost: number; readonly kills: number }
  /** How many records a crash now would bring again. */
  readonly replay: number
  readonly seconds: number
  readonly recordsPerSecond: number
  readonly stateFile: string | null
  readonly deadLetterFile: string
  readonly shards: ReadonlyArray<ShardSummary>
}

/**
 * 0: everything was consumed. 1: halted, the log says why. 2: wrong usage or configuration. 3: the conversation with a
 * child broke. 4: something was not consumed: stopped before the end, or lines that could not be read. 5: every record
 * became a dead letter.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5

export interface Facts {
  readonly outcome: Outcome
  readonly shards: ReadonlyArray<Shard>
  readonly tally: (shardId: string) => Tally
  readonly stored: (shardId: string) => Stored
  readonly replay: (shard: Shard) => number
  readonly unreadable: number
  readonly kills: number
  readonly seconds: number
  readonly stateFile: string | null
  readonly deadLetterFile: string
  /** What else kept something from being consumed. */
  readonly problem: string | null
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((a, b) => a + b, 0)

const OUTCOMES = {
  0: 'consumed',
  1: 'halted',
  2: 'broken',
  3: 'broken',
  4: 'stopped',
  5: 'rejected'
} as const

const codeOf = ({ outcome, unreadable, problem }: Facts, isRejected: boolean): ExitCode => {
  if (outcome._tag === 'Failed') return outcome.code
  if (!outcome.isAll || unreadable > 0 || problem !== null) return 4
  return isRejected ? 5 : 0
}

const shown = (stored: Stored): string | null =>
  stored === null || stored === 'SHARD_END' ? stored : Position.show(stored)

/** The sum of what children counted; null when there were some that cannot be asked. */
const inside = (
  tallies: ReadonlyArray<Tally>,
  of: (counted: NonNullable<Tally['inside']>) => number
): number | null => {
  const begun = tallies.filter(({ inside, batches }) => inside !== null || batches > 0)
  return begun.some(({ inside }) => inside === null)
    ? null
    : sum(begun.map(({ inside }) => (inside === null ? 0 : of(inside))))
}

export const make = (facts: Facts): Summary => {
  const tallies = facts.shards.map(({ id }) => facts.tally(id))
  const consumed = sum(tallies.map((tally) => tally.consumed))
  const deadLetters = inside(tallies, (counted) => counted.deadLetters)
  const finished = inside(tallies, (counted) => counted.finished)
  const isRejected = deadLetters !== null && finished !== null && deadLetters > 0 && deadLetters >= finished
  const exitCode = codeOf(facts, isRejected)
  const shards = facts.shards.map((shard, i): ShardSummary => ({
    shard: shard.id,
    parent: shard.parent,
    position: shown(facts.stored(shard.id)),
    consumed: tallies[i]?.consumed ?? 0,
    replay: facts.replay(shard)
  }))
  return {
    outcome: OUTCOMES[exitCode],
    exitCode,
    problem: facts.outcome._tag === 'Failed' ? facts.outcome.problem : facts.problem,
    records: {
      consumed,
      delivered: sum(tallies.map((tally) => tally.delivered)),
      again: sum(tallies.map((tally) => tally.again)),
      skipped: inside(tallies, ({ skipped }) => skipped),
      deadLetters,
      unreadable: facts.unreadable
    },
    checkpoints: {
      sent: sum(tallies.map(({ asked }) => asked)),
      coalesced: inside(tallies, ({ coalesced }) => coalesced),
      failed: sum(tallies.map(({ failed }) => failed))
    },
    faults: { leasesLost: sum(tallies.map(({ leasesLost }) => leasesLost)), kills: facts.kills },
    replay: sum(shards.map(({ replay }) => replay)),
    seconds: Math.round(facts.seconds * 1000) / 1000,
    recordsPerSecond: Math.round(consumed / Math.max(facts.seconds, 0.001)),
    stateFile: facts.stateFile,
    deadLetterFile: facts.deadLetterFile,
    shards
  }
}

const HEADLINES = {
  consumed: 'Everything was consumed.',
  rejected:
    'Every record became a dead letter: the handler accepted none. kclts dead-letters list shows why.',
  stopped: 'Not everything was consumed; the next run continues from the positions below.',
  halted: 'Halted; the log above says why. The next run continues from the positions below.',
  broken: 'The conversation with a child broke.'
} as const

/** Where no run will go on. */
const UNKEPT = {
  ...HEADLINES,
  stopped: 'Not everything was consumed.',
  halted: 'Halted; the log above says why.'
} as const

const known = (count: number | null): string => (count === null ? 'not known with --spawn' : String(count))

const nextRun = (position: string | null): string =>
  position === null ? 'from the beginning' : position === 'SHARD_END' ? 'ended' : `after ${position}`

const shardLine =
  (isKept: boolean) =>
  ({ shard, consumed, position }: ShardSummary): string =>
    `  ${shard}  ${String(consumed).padStart(8)} consumed${isKept ? `   next run: ${nextRun(position)}` : ''}`

/** A line that is no record is why, where there is one: the rest may all have been consumed. */
const UNREADABLE = 'Not everything was consumed: some lines of the input are not records; see above.'

const headline = ({ outcome, stateFile, records }: Summary): string => {
  if (outcome === 'stopped' && records.unreadable > 0) return UNREADABLE
  return stateFile === null ? UNKEPT[outcome] : HEADLINES[outcome]
}

const NO_STATE = 'not kept, since this is a new input each time; --state FILE keeps it'

const PLAYED = 'not kept: a recording is played from its beginning each time'

/** For people: several lines, with the newline of the last. */
export const show = (summary: Summary, isRecording: boolean): string => {
  const { records, checkpoints, faults } = summary
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['records', `${records.consumed} consumed in ${summary.seconds} s, ${summary.recordsPerSecond} a second`],
    ...(records.again > 0 ? [['again', `${records.again} delivered more than once`] as const] : []),
    ['skipped', known(records.skipped)],
    [
      'dead letters',
      records.deadLetters === 0
        ? '0'
        : records.deadLetters === null
          ? `${known(null)}; they are in ${summary.deadLetterFile}`
          : `${records.deadLetters} written, in ${summary.deadLetterFile}`
    ],
    ...(records.unreadable > 0
      ? [['unreadable', `${records.unreadable} of the input's lines; they reached no handler`] as const]
      : []),
    [
      'checkpoints',
      `${checkpoints.sent} sent, ${checkpoints.failed} failed, coalesced: ${known(checkpoints.coalesced)}`
    ],
    ...(faults.leasesLost > 0 ? [['leases', `${faults.leasesLost} lost and taken back`] as const] : []),
    ...(faults.kills > 0 ? [['crashes', `${faults.kills}, as asked for`] as const] : []),
    ['replay', `${summary.replay} records would come again after a crash now`],
    ['state', summary.stateFile ?? (isRecording ? PLAYED : NO_STATE)]
  ]
  return [
    summary.problem ?? headline(summary),
    ...rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`),
    ...summary.shards.map(shardLine(summary.stateFile !== null)),
    ''
  ].join('\n')
}
