/** A host with a handler of the test's own, and relays that the test starts as Amazon's daemon would. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Action from '../../src/protocol/Action'
import * as Position from '../../src/protocol/Position'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import * as Host from '../../src/host/Host'
import type * as Programs from '../../src/host/Programs'
import { records, type RecordOptions } from '../../src/testing'
import { CONFIG, start, withHandler, type Child } from '../system/process/Child'

export interface Settings {
  readonly config?: string
  readonly threads?: number
  readonly memory?: number
  /** Where the private folder is made. */
  readonly place?: string
  /** A project of an earlier host, to go on with. */
  readonly project?: string
  /** How long a thread may stand still beyond the deadline. */
  readonly grace?: number
  /** How long it may take to load the handler, beyond the deadline. */
  readonly loadTimeout?: number
}

export interface Rig {
  readonly host: Host.Host
  /** The folder with the configuration, the handler, the dead letters. */
  readonly project: string
  readonly quarantineFile: string
  /** The lines of the log: the level and the message, and the whole of it when there is a reason. */
  readonly log: ReadonlyArray<string>
  /** Starts a relay, as the daemon does for a shard. */
  readonly relay: () => Child
  /** A relay that is initialized for the shard of that number. */
  readonly shard: (number: number) => Promise<Child>
  /** The next end that the host tells of. */
  readonly end: () => Promise<Programs.End>
  /** Waits for a status of the shards that the function is content with. */
  readonly status: (isIt: (shards: ReturnType<Host.Host['shards']>) => boolean) => Promise<void>
}

export const ENTRY = path.join(__dirname, '../../src/host/entries/hostThread.js')
export const RELAY = path.resolve('src/host/relay')

/** How long a test waits for what must come at once, on a busy machine. */
const PATIENCE_MS = 120_000

export const shardId = (number: number): string => `shardId-${String(number).padStart(12, '0')}`

export const initialize = (number: number): Action.Action =>
  Action.initialize(shardId(number), 'TRIM_HORIZON', 0)

/** Says an action without waiting for a reply: there may be none. */
export const say = (child: Child, action: Action.Action): void =>
  child.send(`${ActionCodec.encode(action)}\n`)

/** Records as the daemon would send them to the shard of that number. */
export const batch = (list: number | ReadonlyArray<RecordOptions>): Action.Action =>
  Action.processRecords(records(list), 0)

export const position = (index: number): Position.Position => {
  const { sequenceNumber } = records(index + 1)[index] ?? assert.fail()
  return Position.make(sequenceNumber, 0)
}

/** A test file may have all hosts of its process connected in this way. */
const way = process.env['HOST_RELAY_OF_TESTS']
const env: Readonly<Record<string, string>> = way === undefined ? {} : { KCLTS_HOST_RELAY: way }

/** The configuration is loaded as the command line does. */
export const optionsFor = (project: string, settings: Settings, log: Host.Options['log']): Host.Options => {
  const loaded = ConfigSearch.load({ cwd: project, file: null, env, flags: {}, handlerRequired: true })
  if (E.isLeft(loaded)) return assert.fail(loaded.left.map(ConfigSearch.show).join('\n'))
  return {
    loaded: loaded.right,
    threads: settings.threads ?? 1,
    memory: settings.memory ?? 256_000_000,
    quarantineFile: path.join(project, 'state', 'hung.json'),
    stream: 'orders',
    entry: ENTRY,
    relay: RELAY,
    log,
    env: { XDG_RUNTIME_DIR: settings.place ?? os.tmpdir() },
    ...(settings.grace === undefined ? {} : { grace: settings.grace }),
    ...(settings.loadTimeout === undefined ? {} : { loadTimeout: settings.loadTimeout })
  }
}

/** Left: the problems that the host was refused for. */
export const tryToOpen = async (
  handler: string,
  settings: Settings = {}
): Promise<E.Either<ReadonlyArray<string>, Rig>> => {
  const project = settings.project ?? withHandler(handler, settings.config ?? CONFIG)
  const log: Array<string> = []
  const options = optionsFor(project, settings, (level, message, { reason }) =>
    log.push(`${level} ${message}${typeof reason === 'string' ? `: ${reason}` : ''}`)
  )
  const opened = await Host.open(options)
  if (E.isLeft(opened)) return E.left(opened.left.problems)
  const host = opened.right

  const ends: Array<Programs.End> = []
  let tell = (): void => undefined
  host.onEnd((end) => {
    ends.push(end)
    tell()
  })
  const relay = (): Child => start(host.folder, { command: [host.executable], pipes: true })
  return E.right({
    host,
    project,
    quarantineFile: options.quarantineFile,
    log,
    relay,
    shard: async (number) => {
      const child = relay()
      assert.equal(await child.ask(initialize(number)), '{"action":"status","responseFor":"initialize"}')
      return child
    },
    end: async () => {
      while (ends.length === 0)
        await within(
          new Promise<void>((resolve) => {
            tell = resolve
          }),
          'an end'
        )
      return ends.shift() ?? assert.fail()
    },
    status: (isIt) =>
      comes(
        () => JSON.stringify(host.shards()),
        () => isIt(host.shards())
      )
  })
}

/** Looks until it is so: another thread or process does it some time after it has answered. */
export const comes = async (what: string | (() => string), is: () => boolean): Promise<void> => {
  const until = performance.now() + PATIENCE_MS
  while (!is()) {
    assert.ok(performance.now() < until, `not seen: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Of a relay that copies: its shell is the last to become one that does. */
export const copies = (child: Child): Promise<void> =>
  comes(
    'a relay that has become cat',
    () => fs.readFileSync(`/proc/${String(child.process.pid)}/comm`, 'utf8') === 'cat\n'
  )

const within = async <A>(promise: Promise<A>, what: string): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Runs the test on a host, which is closed afterwards whatever came of it. */
export const withHost = async (
  handler: string,
  settings: Settings,
  test: (rig: Rig) => Promise<void>
): Promise<void> => {
  const opened = await tryToOpen(handler, settings)
  const rig = E.isRight(opened) ? opened.right : assert.fail(opened.left.join('\n'))
  try {
    await test(rig)
  } finally {
    await rig.host.close()
  }
}
