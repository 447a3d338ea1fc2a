/** What Java is started with: the options of the configuration, and with the default ones what kclts adds to them. */
import * as os from 'node:os'
import * as StreamShape from '../aws/StreamShape'
import type * as ConfigSearch from '../config/ConfigSearch'
import { MAX_RECORDS, type DaemonSettings } from '../config/DaemonSettings'
import * as Archive from '../daemon/Archive'
import * as Compilation from '../daemon/Compilation'
import * as HeapSize from '../daemon/HeapSize'
import type * as Java from '../daemon/Java'
import * as Jars from '../daemon/Jars'
import * as Main from '../daemon/Main'
import * as Needs from './Needs'

export interface JavaOptions {
  readonly options: ReadonlyArray<string>
  /** Why the heap may be too small, in a sentence; null: it is not, as far as is known. */
  readonly doubt: string | null
}

/** Whether the user has set none. */
const areOurs = ({ origins }: ConfigSearch.Loaded): boolean =>
  !origins.some(({ key, from }) => key === 'daemon.java' && from !== 'default')

/** What the stream asks of Java; null: there is no need to know, since the user has set the options. */
export const look = (
  loaded: ConfigSearch.Loaded,
  env: NodeJS.ProcessEnv
): Promise<StreamShape.StreamShape | null> =>
  areOurs(loaded) ? StreamShape.look(loaded.config.daemon, env) : Promise.resolve(null)

/** The memory that this process and its children may have, and the processors. */
const machine = (): HeapSize.Machine => {
  // 0, or more than there is: no bound is set.
  const bound = process.constrainedMemory() || Infinity
  return { memory: Math.min(bound, os.totalmem()), cores: os.availableParallelism() }
}

/** Null: the number of shards is not known. */
export const loadOf = (
  { maxLeases, maxRecords }: Pick<DaemonSettings, 'maxLeases' | 'maxRecords'>,
  shape: StreamShape.StreamShape | null
): HeapSize.Load | null =>
  shape === null
    ? null
    : {
        shards: Math.min(maxLeases ?? Infinity, shape.openShards),
        recordBytes: shape.recordBytes,
        maxRecords: maxRecords ?? MAX_RECORDS
      }

export const of = async (
  loaded: ConfigSearch.Loaded,
  java: Java.Java,
  classpath: ReadonlyArray<string>,
  shape: StreamShape.StreamShape | null,
  env: NodeJS.ProcessEnv
): Promise<JavaOptions> => {
  const { daemon } = loaded.config
  if (!areOurs(loaded)) return { options: daemon.java, doubt: null }
  const folder = daemon.classpath ?? Jars.folderOf({ version: daemon.version, env })
  const archive = await Archive.optionsIn(folder, {
    java,
    options: daemon.java,
    classpath,
    main: Main.of(daemon),
    shipped: Needs.shipped('daemon'),
    env
  })
  const load = loadOf(daemon, shape)
  const heap = load === null ? null : HeapSize.of(load, machine())
  return {
    options: [
      ...daemon.java,
      ...Compilation.optionsFor(java.version),
      ...(heap === null ? [] : HeapSize.optionsOf(heap)),
      ...archive
    ],
    doubt: heap === null ? null : heap.doubt
  }
}
