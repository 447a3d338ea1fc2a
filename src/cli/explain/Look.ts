/** Gathers what is known of a record: reads files and the lease table, and changes nothing. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Connection } from '../../aws/LeaseClient'
import * as LeaseTable from '../../aws/LeaseTable'
import * as Config from '../../config/Config'
import type { DaemonSettings } from '../../config/DaemonSettings'
import * as Failure from '../../core/Failure'
import * as Index from '../../deadLetters/DeadLetterIndex'
import * as Marks from '../../deadLetters/DeadLetterMarks'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import * as FileKind from '../../files/FileKind'
import * as FileLines from '../../files/FileLines'
import * as Quarantine from '../../host/Quarantine'
import * as QuarantineFile from '../../host/QuarantineFile'
import * as Position from '../../protocol/Position'
import type { Time } from '../../run/Clock'
import { isAt, type Delivered, type Ends, type Leased, type Letters, type Looked, type Place } from './Facts'

/** Whatever the disk throws is why something was not looked at. */
const reading = <A>(what: string, read: () => Looked<A>): Looked<A> =>
  E.flatten(E.tryCatch(read, (thrown) => `${what}: ${Failure.describe(thrown)}.`))

// -- dead letters -----------------------------------------------------------------------------------------------------

const ofStream = (stream: string | null, named: string | null | undefined): boolean =>
  stream === null || named === null || named === undefined || named === stream

const lettersIn = (file: string, place: Place, stream: string | null): Looked<Letters> =>
  reading(`The dead letters in ${file} cannot be read`, () => {
    const parts = Taking.places(file)
    const open: Array<Letters['open'][number]> = []
    const others = new Set<string>()
    for (const entry of Index.read(parts).entries) {
      if (!isAt(place, entry.shardId, entry)) continue
      if (!ofStream(stream, entry.stream)) {
        others.add(entry.stream ?? '')
        continue
      }
      const letter = Index.letterOf(entry)
      if (E.isLeft(letter)) return letter
      open.push({ letter: letter.right, letters: entry.letters })
    }
    const done = Marks.all(file).filter(
      ({ letter }) => isAt(place, letter.shardId, letter) && ofStream(stream, letter.stream)
    )
    return E.right({
      file,
      open,
      done: done.map(({ reason, time }) => ({ reason, time })),
      others: [...others]
    })
  })

/** Of the file of the configuration, or of the one that is named in its place. */
export const letters = (
  { failure }: Config.Config,
  named: string | null,
  place: Place,
  stream: string | null
): Looked<Letters> => {
  if (named !== null)
    return fs.existsSync(named)
      ? lettersIn(named, place, stream)
      : E.left(`The dead letters were not read: there is no file ${named}.`)
  if (Config.sinkOf(failure.deadLetters) === null) return lettersIn(failure.deadLetters, place, stream)
  return fs.existsSync(failure.fallback)
    ? lettersIn(failure.fallback, place, stream)
    : E.left(
        `The dead letters go to ${failure.deadLetters}, which is not read; --letters FILE reads those that you fetched.`
      )
}

// -- records at which a thread ended ----------------------------------------------------------------------------------

export const ends = (file: string, place: Place, stream: string | null, now: number): Looked<Ends> => {
  const { known, problem } = QuarantineFile.read(file, now)
  if (problem !== null) return E.left(`${problem}.`)
  const here = stream === null ? known : Quarantine.of(known, stream)
  const at = Position.make(place.sequenceNumber, place.subSequenceNumber ?? 0)
  const has = ({ shardId, from, to }: Quarantine.Entry): boolean =>
    isAt(place, shardId, from) ||
    (shardId === place.shardId && Position.compare(from, at) <= 0 && Position.compare(at, to) <= 0)
  return E.right({ file, charged: here.charged.find(has) ?? null, suspect: here.suspects.find(has) ?? null })
}

// -- the lease table --------------------------------------------------------------------------------------------------

/** Left also where there is no client for DynamoDB. */
export type Connect = (daemon: DaemonSettings) => Promise<E.Either<string, Connection>>

export const lease = async (
  daemon: DaemonSettings,
  place: Place,
  connect: Connect,
  now: () => Time
): Promise<Looked<Leased>> => {
  const unread = (why: string): string => `The lease table was not read: ${why}.`
  const tables = LeaseTable.tables(daemon, { application: null, table: null })
  if (E.isLeft(tables)) return E.left(unread('daemon.applicationName is not set'))
  const connected = await connect(daemon)
  if (E.isLeft(connected)) return E.left(unread(connected.left))
  const { scan, close } = connected.right
  try {
    const table = tables.right.leases
    return pipe(
      await LeaseTable.read(scan, { ...tables.right, others: [] }, now),
      E.bimap(unread, ({ leases }) => ({
        table,
        lease: leases.find(({ shard }) => shard === place.shardId) ?? null
      }))
    )
  } finally {
    close()
  }
}

// -- outputs ----------------------------------------------------------------------------------------------------------

/** The file and those that were rotated, which begin with its name. */
const filesOf = (file: string): ReadonlyArray<string> => {
  const { dir, name } = path.parse(file)
  const names = fs.existsSync(dir) ? fs.readdirSync(dir).filter((one) => one.startsWith(name)) : []
  return names
    .sort()
    .map((one) => path.join(dir, one))
    .filter((one) => FileKind.oddity(one) === null)
}

const idOf = (line: Buffer): string => {
  try {
    const value: unknown = JSON.parse(line.toString())
    return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
      ? value.id
      : ''
  } catch {
    return ''
  }
}

/** `shard:sequence:sub-sequence:index`, perhaps after the name of the stream. */
const isOf = ({ shardId, sequenceNumber, subSequenceNumber }: Place, id: string): boolean => {
  const [index, sub, sequence, shard] = id.split(':').reverse()
  return (
    index !== undefined &&
    shard === shardId &&
    sequence === sequenceNumber &&
    (subSequenceNumber === null || sub === String(subSequenceNumber))
  )
}

const linesIn = (files: ReadonlyArray<string>, place: Place): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const file of files)
    for (const { content } of FileLines.of(file))
      // The number is looked for first: to parse each line would take ten times as long.
      if (content.includes(place.sequenceNumber) && isOf(place, idOf(content))) lines.push(content.toString())
  return lines
}

/** Only lines of a file that has ids say which record they are of. */
export const delivered = ({ sinks }: Config.Config, place: Place): ReadonlyArray<Looked<Delivered>> =>
  Object.entries(sinks).map(([sink, settings]) => {
    if (settings.type !== 'file')
      return E.left(`What the sink ${sink} has taken: a sink of type ${settings.type} is not read.`)
    if (settings.ids !== true)
      return E.left(
        `Which lines of ${settings.path} (sink ${sink}) are of this record: without ids: true, lines do not say it.`
      )
    return reading(`The files of the sink ${sink} cannot be read`, () => {
      const files = filesOf(settings.path)
      return E.right({
        sink,
        files: files.length === 0 ? [settings.path] : files,
        lines: linesIn(files, place)
      })
    })
  })
