/** Jars over HTTP from a Maven repository that the user names, for machines without Maven. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Secrets from '../values/Secrets'
import * as Failure from '../core/Failure'
import * as Backoff from '../protocol/Backoff'
import type { Jar } from './Sums'

const ATTEMPTS = 4
const BACKOFF: Backoff.Backoff = { first: 1_000, most: 4_000 }
const AT_ONCE = 8
const TIMEOUT_MS = 60_000

/** Worth another try: the server's trouble, not ours. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** Where a jar is, and what is sent along: `fetch` takes no URL with a user in it. */
interface Source {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `address` may have a user and a password, which Maven repositories ask for by the scheme Basic. */
const sourceOf = (address: string, jar: string): Source => {
  const url = new URL(address)
  const { username, password } = url
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${jar}`
  url.username = ''
  url.password = ''
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  return {
    url: url.href,
    headers: username === '' && password === '' ? {} : { authorization: `Basic ${credentials}` }
  }
}

const once = async ({
  url,
  headers
}: Source): Promise<E.Either<{ readonly why: string; readonly isFinal: boolean }, Buffer>> => {
  const shown = Secrets.shown(Secrets.url)(url)
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) {
      await response.body?.cancel()
      return E.left({ why: `${shown} answers ${response.status}`, isFinal: !isPassing(response.status) })
    }
    return E.right(Buffer.from(await response.arrayBuffer()))
  } catch (thrown) {
    const failure = Failure.fromUnknown(
      thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
    )
    return E.left({
      why: `${shown}: ${Secrets.shown(Secrets.foreign)(Failure.show(failure))}`,
      isFinal: false
    })
  }
}

const get = async (
  source: Source,
  pause: (ms: number) => Promise<void>
): Promise<E.Either<string, Buffer>> => {
  for (let attempt = 1; ; attempt++) {
    const end = await once(source)
    if (E.isRight(end)) return end
    if (end.left.isFinal || attempt === ATTEMPTS) return E.left(end.left.why)
    await pause(Backoff.longest(BACKOFF, attempt))
  }
}

/**
 * Puts the jars of a list into the folder, as the repository has them. One that is there already is not fetched again.
 *
 * @param address `https://repo.example.com/maven2`, with or without a slash at its end
 * @returns Left: the first jar that could not be had, and why. Rejects with what the disk says.
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
  const one = async (jar: Jar): Promise<void> => {
    const file = path.join(folder, jar.path)
    if (!fs.existsSync(file)) {
      const got = await get(sourceOf(address, jar.path), pause)
      if (E.isLeft(got)) {
        problem = got
        return
      }
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(file, got.right)
    }
    done += 1
    onProgress(done)
  }
  const work = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar !== undefined && E.isRight(problem); jar = waiting.shift())
      await one(jar)
  }
  // All have ended before a full disk is reported: none may write into a folder that is being removed.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
  const broken = ends.find((end) => end.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return problem
}
