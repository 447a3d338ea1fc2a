/** A question to the person at the terminal. */
import { once } from 'node:events'
import * as fs from 'node:fs'

const STDERR = 2

/** Asks on stderr. @returns the line that is typed. There is no answer once the input has ended. */
export const ask = async (question: string): Promise<string> => {
  fs.writeSync(STDERR, question)
  // A terminal gives whole lines.
  const [answer] = (await once(process.stdin, 'data')) as [unknown]
  process.stdin.pause()
  return String(answer)
}
