/**
 * How much heap Java needs: from the shards that the worker may hold, and from the batches that the KCL keeps of each. The
 * factors are counted in the KCL's classes, and are for retrieval by polling; fan-out keeps less.
 */

export interface Load {
  readonly shards: number
  /** The most bytes that a record may have. */
  readonly recordBytes: number
  /** The most records in a batch. */
  readonly maxRecords: number
}

/** What the worker runs on. */
export interface Machine {
  /** Bytes that the worker and Java may have together. */
  readonly memory: number
  readonly cores: number
}

const MIB = 1024 * 1024

/** What the KCL reads at most at once, unless a single record is larger (GetRecords). */
const RESPONSE = 10 * MIB

/** What the KCL reads ahead of each shard (SimpleRecordsFetcherFactory): it stops at so many bytes, and at so many batches. */
const AHEAD = 8 * MIB
const BATCHES_AHEAD = 3

/** The classes of the KCL and of the SDK, the connections, and the leases. */
const REST = 96 * MIB

/** A response that arrives, and its records. */
const READING = 2

/** A batch on its way to the handler: the data of its records, and the JSON, in which base64 takes 4/3. */
const HANDED = 1 + 4 / 3

/** While the JSON is made, Jackson has two more copies of it, with two bytes for each letter (TextBuffer). */
const WRITING = 2 * 2 * (4 / 3)

/** Bytes for the worst moment of all shards together. */
export const need = ({ shards, recordBytes, maxRecords }: Load, cores: number): number => {
  const batch = Math.min(Math.max(RESPONSE, recordBytes), maxRecords * recordBytes)
  const ahead = Math.min(AHEAD + batch, BATCHES_AHEAD * batch)
  const each = ahead + (READING + HANDED) * batch
  return REST + shards * each + Math.min(shards, cores) * WRITING * batch
}

/** What `-XX:MaxRAMPercentage` among the default options gives Java, and what it may have at most: Node needs the rest. */
const USUAL = 0.25
const MOST = 0.6

/** With more, the JVM has pointers of 8 bytes, and the class archive does not fit. */
const MOST_BYTES = 31 * 1024 * MIB

export interface HeapSize {
  /** The heap in MiB; null: what Java takes anyway is enough. */
  readonly mebibytes: number | null
  /** Why that may be too little, in a sentence; null: it is enough. */
  readonly doubt: string | null
}

const inMebibytes = (bytes: number): number => Math.ceil(bytes / MIB)

/** For the default options of Java. */
export const of = (load: Load, { memory, cores }: Machine): HeapSize => {
  const needed = need(load, cores)
  if (needed <= memory * USUAL) return { mebibytes: null, doubt: null }
  const given = Math.min(needed, memory * MOST, MOST_BYTES)
  const [needs, gets] = [needed, given].map(inMebibytes)
  return {
    mebibytes: gets ?? null,
    doubt:
      given < needed
        ? `Java gets a heap of ${gets} MB, but may need ${needs} MB if this worker holds ${load.shards} shards; give the worker more memory, or lower daemon.maxRecords or daemon.maxLeases`
        : null
  }
}

/** For the JVM: an option, or none. */
export const optionsOf = ({ mebibytes }: HeapSize): ReadonlyArray<string> =>
  mebibytes === null ? [] : [`-Xmx${mebibytes}m`]
