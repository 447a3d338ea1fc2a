/**
 * Memory for the lines of batches, used again once they are written. Memory that is new for each line costs the thread of the
 * handlers a page fault for every 4 KB, and its return a pause of all threads.
 */
export interface Spare {
  /** At least so many bytes: those that came back last, which may still be in the processor's cache, or new ones. */
  readonly take: (bytes: number) => ArrayBuffer
  readonly add: (memory: ArrayBuffer) => void
}

/** Lines that wait to be written for long are many, and their memory is given up. */
const MOST = 4

/** Larger than what is wanted, since the next line may be a little longer. */
const ROOM = 1.25

export const make = (): Spare => {
  const free: Array<ArrayBuffer> = []
  return {
    take: (bytes) => {
      const last = free.pop()
      return last !== undefined && last.byteLength >= bytes ? last : new ArrayBuffer(Math.ceil(bytes * ROOM))
    },
    add: (memory) => {
      if (free.length < MOST) free.push(memory)
    }
  }
}
