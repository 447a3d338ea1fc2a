/** How V8 collects what the fold makes. */
import * as v8 from 'node:v8'

let isSet = false

/** By how many percent the heap may grow before V8 collects all of it. */
const GROWTH = 20

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
