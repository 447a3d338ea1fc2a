/** Jars over HTTP from a Maven repository that the user names, for machines without Maven. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../../core/Failure'
import type { Jar } from './Sums'

const ATTEMPTS = 4
const AT_ONCE = 8
const TIMEOUT_MS = 60_000

/** Worth another try: the server's trouble, not ours. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500

const once = async (
  url: string,
  file: string
): Promise<E.Either<{ readonly why: string; readonly isFinal: boolean }, void>> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) {
      await response.body?.cancel()
      return E.left({ why: `${url} answers ${response.status}`, isFinal: !isPassing(response.status) })
    }
    fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()))
    return E.right(undefined)
  } catch (thrown) {
    const failure = Failure.fromUnknown(
      thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
    )
    return E.left({ why: `${url}: ${Failure.show(failure)}`, isFinal: false })
  }
}

const get = async (
  url: string,
  file: string,
  pause: (ms: number) => Promise<void>
): Promise<E.Either<string, void>> => {
  for (let attempt = 1; ; attempt++) {
    const end = await once(url, file)
    if (E.isRight(end)) return end
    if (end.left.isFinal || attempt === ATTEMPTS) return E.left(end.left.why)
    await pause(500 * 2 ** attempt)
  }
}

/**
 * Puts the jars of a list into the folder, as the repository has them.
 *
 * @param address `https://repo.example.com/maven2`, with or without a slash at its end
 * @returns Left: the first jar that could not be had, and why
 */
export const fetchAll = async (
  jars: ReadonlyArray<Jar>,
  address: string,
  folder: string,
  onProgress: (done: number) => void,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
): Promise<E.Either<string, void>> => {
  const waiting = [...jars]
  let done = 0
  let problem: E.Either<string, void> = E.right(undefined)
  const work = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar !== undefined && E.isRight(problem); jar = waiting.shift()) {
      const file = path.join(folder, jar.path)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      const end = await get(`${address.replace(/\/+$/, '')}/${jar.path}`, file, pause)
      if (E.isLeft(end)) problem = end
      done += 1
      onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return problem
}
