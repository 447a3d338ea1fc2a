/** How V8 collects what the fold makes. */
import * as v8 from 'node:v8'
import * as vm from 'node:vm'

let isSet = false

/** By how many percent the heap may grow before V8 collects all of it. */
const GROWTH = 20

/**
 * How long V8 runs a function before it considers to optimize it: in bytes of bytecode up to version 11 (Node 20), then in calls. The
 * number is what V8 takes by itself.
 */
const PATIENCE =
  Number.parseInt(process.versions.v8) < 12
    ? { flag: '--interrupt-budget', usual: 67_584 }
    : { flag: '--invocation-count-for-turbofan', usual: 3000 }

/** Bytes of a heap that is not compacted. */
const LARGE = 64 * 1024 * 1024

/** Nothing that a host runs before its first record is optimized then. */
const MORE_PATIENCE = 9

/**
 * Each step of the fold makes new versions of a few nodes of its lists. While very many records wait, V8 sees many nodes
 * survive and begins to make new ones among the old. There each dead version keeps the young objects that it names alive
 * until all of the heap is collected: among 200,000 records a record then sometimes costs four times as much CPU, and twice
 * the memory.
 *
 * The young generation is a few megabytes, which one thread collects in less than a millisecond. With several threads that
 * costs a tenth more CPU time per record, since they wait for each other.
 *
 * Holds for the whole process, and is set once.
 */
export const adaptToFold = (): void => {
  if (isSet) return
  isSet = true
  v8.setFlagsFromString('--no-allocation-site-pretenuring')
  v8.setFlagsFromString('--no-parallel-scavenge')
}

/**
 * For a command that reads very much and keeps little of it. What is read soon ends up among the old: V8 puts each short
 * text that `JSON.parse` finds there at once. By itself V8 lets the heap double before it collects the old. Fewer megabytes
 * cost a tenth more CPU time.
 *
 * Holds for the whole process.
 */
export const adaptToReading = (): void => {
  v8.setFlagsFromString(`--heap-growing-percent=${GROWTH}`)
}

/**
 * For `kclts run` until shards have work: it takes less memory. What is loaded at the start survives, and V8 would give it a larger
 * space for new objects, which never becomes smaller again. For a few functions that run some hundred times V8 would load its
 * optimizing compiler, which takes more memory than it saves time. Code that goes on running is still compiled, some milliseconds later.
 *
 * Holds for the whole process until `letGrow`. V8 undoes it where it makes the heap of a thread.
 */
export const keepSmall = (): void => {
  v8.setFlagsFromString('--semi-space-growth-factor=1')
  v8.setFlagsFromString(`${PATIENCE.flag}=${MORE_PATIENCE * PATIENCE.usual}`)
}

/** Ends `keepSmall`. */
export const letGrow = (): void => {
  v8.setFlagsFromString('--semi-space-growth-factor=2')
  v8.setFlagsFromString(`${PATIENCE.flag}=${PATIENCE.usual}`)
}

/**
 * Collects all garbage of this thread, and moves what is left together, so that the system gets memory back. V8 would do this only
 * after a long time without work. It takes some 20 ms, in which this thread does nothing else. A large heap, such as one with a table
 * that user code has loaded, would take much longer, and is left as it is.
 */
export const compact = (): void => {
  if (v8.getHeapStatistics().used_heap_size > LARGE) return
  v8.setFlagsFromString('--expose-gc')
  v8.setFlagsFromString('--compact-on-every-full-gc')
  // undefined: this V8 does not give it, and the memory stays as it is.
  const collect = vm.runInNewContext('globalThis.gc') as (() => void) | undefined
  collect?.()
  v8.setFlagsFromString('--no-compact-on-every-full-gc')
  v8.setFlagsFromString('--no-expose-gc')
}
