/** `kclts explain`: what is known of one record. */
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../../config/ConfigSearch'
import * as ConfigSecrets from '../../config/ConfigSecrets'
import * as DaemonSettings from '../../config/DaemonSettings'
import * as ChildGuard from '../../host/ChildGuard'
import type { Surroundings } from '../../edge/Surroundings'
import * as Clock from '../../run/Clock'
import * as Secrets from '../../values/Secrets'
import type { Facts, Looked, Place, Decided } from './Facts'
import { decide, recordIn, recordOf } from './decide'
import * as Look from './Look'
import * as Report from './Report'

/** 0: shown. 2: wrong usage or configuration, or the file of --record holds no such record. */
export type Code = 0 | 2

export interface Options {
  readonly request: ConfigSearch.Request
  readonly place: Place
  /** A file of dead letters in place of the configured one. */
  readonly letters: string | null
  /** A file with the record. */
  readonly record: string | null
  /** Whether the handler is called with the data of a letter. */
  readonly run: boolean
  /** Whether the lease table is read. */
  readonly leases: boolean
  readonly json: boolean
}

const NOT_CALLED: Looked<Decided> = E.left(
  'What the handler would decide: it was not called; --run calls it with the data of the letter, --record FILE with those in a file.'
)

/** Left: the file of --record has no such record. */
const decided = async (
  { place, record, run }: Options,
  config: ConfigSearch.Loaded['config'],
  letters: Facts['letters']
): Promise<E.Either<string, Looked<Decided>>> => {
  if (record !== null) {
    const given = recordIn(record, place)
    return E.isLeft(given) ? given : E.right(await decide(config, given.right))
  }
  if (!run) return E.right(NOT_CALLED)
  const given = E.isRight(letters) ? recordOf(letters.right) : null
  return E.right(
    given === null
      ? E.left('What the handler would decide: there is no letter whose data it could be called with.')
      : await decide(config, given)
  )
}

const factsOf = async (
  options: Options,
  { config }: ConfigSearch.Loaded,
  { env }: Surroundings,
  connect: Look.Connect
): Promise<E.Either<string, Facts>> => {
  const { place } = options
  const stream = DaemonSettings.streamOf(config.daemon) ?? null
  const letters = Look.letters(config, options.letters, place, stream)
  const decision = await decided(options, config, letters)
  if (E.isLeft(decision)) return decision
  return E.right({
    place,
    stream,
    letters,
    ends: Look.ends(ChildGuard.fileOf(config, env), place, stream, Clock.wall()),
    lease: options.leases
      ? await Look.lease(config.daemon, place, connect, Clock.time)
      : E.left('The lease table was not read, as --no-leases asks.'),
    delivered: Look.delivered(config, place),
    decided: decision.right
  })
}

/** The report goes to stdout, without the secrets of the configuration; what the handler prints, and what is wrong, to stderr. */
export const explain = async (
  options: Options,
  around: Surroundings,
  connect: Look.Connect
): Promise<Code> => {
  const fail = (problems: ReadonlyArray<string>): Code => {
    for (const problem of problems) around.stderr.write(`kclts explain: ${problem}\n`)
    return 2
  }
  const handlerRequired = options.run || options.record !== null
  const loaded = ConfigSearch.load({ ...options.request, handlerRequired })
  if (E.isLeft(loaded)) return fail(loaded.left.map(ConfigSearch.show))
  const release = around.capture((text) => void around.stderr.write(text))
  try {
    const facts = await factsOf(options, loaded.right, around, connect)
    if (E.isLeft(facts)) return fail([facts.left])
    const report = Report.of(facts.right)
    const hide = Secrets.hide(ConfigSecrets.of(loaded.right.config, around.env))
    around.stdout(
      hide(options.json ? `${JSON.stringify(Report.json(facts.right, report))}\n` : Report.show(report))
    )
    return 0
  } finally {
    release()
  }
}
