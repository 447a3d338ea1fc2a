/** What `kclts check --aws` asks: this machine, and AWS. */
import * as path from 'node:path'
import type { Config } from '../../config/Config'
import * as Access from '../../aws/Access'
import type { World } from '../../aws/Check'
import { within } from '../../aws/Within'
import * as Jars from '../../daemon/Jars'
import * as Folders from '../../files/Folders'
import * as Java from '../../daemon/Java'

const SHIPPED = path.join(__dirname, '../../daemon')

export const world =
  (env: NodeJS.ProcessEnv, stop: AbortSignal) =>
  ({ daemon, home }: Pick<Config, 'daemon' | 'home'>): World => ({
    java: () => within(Access.LIMIT, stop)(() => Java.find(env)),
    jars: () =>
      Jars.look({ ...daemon, env: Folders.placed(env, home), shipped: SHIPPED, print: () => undefined }),
    connect: () => Access.connect(daemon, env, stop)
  })
