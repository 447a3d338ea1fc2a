/** Memory that is used again. Fresh memory would cost more than what is done with it: the kernel clears each page. */

/** Gives as many bytes. They hold what they are given until the next call, and anything before. */
export type Scratch = (length: number) => Buffer

export const make = (): Scratch => {
  let memory = Buffer.alloc(0)
  return (length) => {
    if (memory.length < length) memory = Buffer.allocUnsafeSlow(Math.max(length, 2 * memory.length))
    return memory.subarray(0, length)
  }
}
