/** `kclts leases`: the lease table, once, or again and again to see what is renewed. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DaemonSettings } from '../../config/DaemonSettings'
import type { Connection } from '../../aws/LeaseClient'
import type { LeaseLook } from '../../aws/LeaseLook'
import * as LeaseTable from '../../aws/LeaseTable'
import * as LeaseWatch from '../../aws/LeaseWatch'
import * as ConfigSearch from '../../config/ConfigSearch'
import type { Time } from '../../run/Clock'
import type { Canvas } from './Canvas'
import { failed, json } from './json'
import { text } from './text'
import type { View } from './view'

/** 0: shown, and stopped as asked. 2: wrong usage or configuration, or the table cannot be read. */
export type Code = 0 | 2

export interface Options {
  readonly request: ConfigSearch.Request
  /** In place of what the configuration names. */
  readonly named: LeaseTable.Named
  /** How long to wait between two looks, in milliseconds; null: one look alone. */
  readonly every: number | null
  readonly json: boolean
}

/** The process as this command sees it. */
export interface Context {
  /** Left: there is no client for DynamoDB, and what to do about it. */
  readonly connect: (daemon: DaemonSettings) => Promise<E.Either<string, Connection>>
  readonly canvas: Canvas
  /** To stderr. */
  readonly tell: (text: string) => void
  readonly now: () => Time
  /** Resolves after the given milliseconds, or at once when the user stops the command. */
  readonly pause: (millis: number) => Promise<void>
  /** Aborted when the user wants no more. */
  readonly signal: AbortSignal
}

type Read = () => Promise<E.Either<string, LeaseLook>>

interface Shown {
  readonly look: (watch: LeaseWatch.LeaseWatch) => void
  /** After a look that was shown. */
  readonly problem: (watch: LeaseWatch.LeaseWatch, problem: string) => void
}

const shown = (
  { json: isJson, every }: Options,
  tables: LeaseTable.Tables,
  { failoverTime }: DaemonSettings,
  { canvas, now }: Context
): Shown => {
  const view = (watch: LeaseWatch.LeaseWatch): View => ({
    tables,
    failoverTime,
    watch,
    isWatching: every !== null
  })
  return {
    look: (watch) => canvas.draw(isJson ? json(view(watch)) : text(view(watch), canvas.width(), null)),
    problem: (watch, problem) =>
      canvas.draw(isJson ? failed(tables, now().wall, problem) : text(view(watch), canvas.width(), problem))
  }
}

const once = async (read: Read, show: Shown): Promise<E.Either<string, void>> =>
  pipe(
    await read(),
    E.map((look) => show.look(LeaseWatch.step(null, look)))
  )

/** Left: the first look failed. A later failure is reported, and the next look follows. */
const watching = async (
  every: number,
  read: Read,
  show: Shown,
  { pause, signal }: Context
): Promise<E.Either<string, void>> => {
  let watch: LeaseWatch.LeaseWatch | null = null
  for (;;) {
    const look = await read()
    if (signal.aborted) break
    if (E.isRight(look)) show.look((watch = LeaseWatch.step(watch, look.right)))
    else if (watch === null) return look
    else show.problem(watch, look.left)
    await pause(every)
    if (signal.aborted) break
  }
  return E.right(undefined)
}

const looking = async (
  options: Options,
  daemon: DaemonSettings,
  tables: LeaseTable.Tables,
  around: Context
): Promise<E.Either<string, void>> => {
  const connected = await around.connect(daemon)
  if (E.isLeft(connected)) return connected
  const { scan, close } = connected.right
  const read = (): ReturnType<Read> => LeaseTable.read(scan, tables, around.now)
  const show = shown(options, tables, daemon, around)
  try {
    const looked = await (options.every === null
      ? once(read, show)
      : watching(options.every, read, show, around))
    // A request that is broken off has failed, too.
    return around.signal.aborted ? E.right(undefined) : looked
  } finally {
    around.canvas.close()
    close()
  }
}

/** Shows the leases on the canvas; what is wrong goes to stderr. */
export const leases = async (options: Options, around: Context): Promise<Code> => {
  const fail = (problems: ReadonlyArray<string>): Code => {
    for (const problem of problems) around.tell(`kclts leases: ${problem}\n`)
    return 2
  }
  const loaded = ConfigSearch.load(options.request)
  if (E.isLeft(loaded)) return fail(loaded.left.map(ConfigSearch.show))
  const { daemon } = loaded.right.config
  const tables = LeaseTable.tables(daemon, options.named)
  if (E.isLeft(tables)) return fail([tables.left])
  const looked = await looking(options, daemon, tables.right, around)
  return E.isLeft(looked) ? fail([looked.left]) : 0
}
