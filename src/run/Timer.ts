/** Timers of any length: those of Node fire after 1 ms, with a warning, when they are longer than 2^31 - 1 ms. */

const LONGEST = 2 ** 31 - 1

/** Calls back once after so many milliseconds; gives a way to call that off. */
export const after = (millis: number, then: () => void): (() => void) => {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    timer = left > LONGEST ? setTimeout(() => wait(left - LONGEST), LONGEST) : setTimeout(then, left)
  }
  wait(millis)
  return () => clearTimeout(timer)
}
