/** What `kclts check --aws` asks: this machine, and AWS. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DaemonSettings } from '../../config/DaemonSettings'
import * as Access from '../../aws/Access'
import type { World } from '../../aws/Check'
import type { JarsLook } from '../../aws/CheckHere'
import { within } from '../../aws/Within'
import * as Jars from '../../daemon/Jars'
import * as Java from '../../daemon/Java'
import * as Sums from '../../daemon/Sums'

const SHIPPED = path.join(__dirname, '../../daemon')

/** Fetches nothing. */
const jars = async (daemon: DaemonSettings, env: NodeJS.ProcessEnv): Promise<JarsLook> => {
  const request = { ...daemon, env, shipped: SHIPPED, print: () => undefined }
  const { version, classpath } = daemon
  if (classpath === null && !Jars.isFetched(request)) return E.right(null)
  const folder = classpath ?? Jars.folderOf(request)
  if (classpath === null && Sums.read(SHIPPED, version) !== null)
    return pipe(
      Jars.verify(request),
      E.map((count) => ({ count, folder }))
    )
  return pipe(
    await Jars.classpath(request),
    E.bimap(
      (problem) => [problem],
      (all) => ({ count: all.length, folder })
    )
  )
}

export const world =
  (env: NodeJS.ProcessEnv, stop: AbortSignal) =>
  (daemon: DaemonSettings): World => ({
    java: () => within(Access.LIMIT, stop)(() => Java.find(env)),
    jars: () => jars(daemon, env),
    connect: () => Access.connect(daemon, env, stop)
  })
