/**
 * A question to AWS in a process of its own: a worker keeps neither the memory of the AWS SDK nor its warnings. Without the SDK's
 * package, or without an answer, nothing is known.
 */
import { execFile } from 'node:child_process'
import * as path from 'node:path'

/** A start does not wait longer than this for an answer. */
export const LIMIT_MS = 5000

/**
 * @param entry the name of a program in `entries`, which reads the question as JSON on stdin and prints the answer
 * @param limit how many milliseconds it may take
 * @returns what it has printed; null: nothing
 */
export const ask = (
  entry: string,
  question: unknown,
  env: NodeJS.ProcessEnv,
  limit: number
): Promise<string | null> =>
  new Promise((resolve) => {
    const program = path.join(__dirname, 'entries', `${entry}.js`)
    const asking = execFile(process.execPath, [program], { env, timeout: limit }, (failure, said) =>
      resolve(failure === null && said !== '' ? said : null)
    )
    // One that cannot be started, or has ended, says so by its end.
    asking.stdin?.on('error', () => undefined).end(JSON.stringify(question))
  })
