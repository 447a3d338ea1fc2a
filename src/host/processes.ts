/** `host.mode: process`: a kclts-child for each shard, in place of the host. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Folder from './Folder'
import { refusal } from '../run/Managed'
import type { Programs } from './Programs'
import * as Keep from './Keep'

/** Where the wrapper is, in the build. */
const WRAPPER = path.join(__dirname, '../edge/kclts-child')

const SCRIPT = 'child'

/** As one word of the shell, whatever is in it. */
const quoted = (word: string): string => `'${word.replace(/'/g, `'\\''`)}'`

/** What the daemon starts: it splits its command on spaces, and this script has none in its name. */
export const scriptOf = (
  cwd: string,
  file: string | null,
  flags: Readonly<Record<string, string>>
): string => {
  const words = [
    WRAPPER,
    ...(file === null ? [] : ['--config', file]),
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  ]
  return `#!/bin/sh\ncd ${quoted(cwd)} && exec ${words.map(quoted).join(' ')}\n`
}

/** A child does not read the .properties file: the name of the stream is handed on. */
const streamFlags = (
  { config }: ConfigSearch.Loaded,
  { properties }: ConfigSearch.Request
): Readonly<Record<string, string>> => {
  const { streamName, streamArn } = config.daemon
  if (properties === undefined) return {}
  return {
    ...(streamName === null ? {} : { 'daemon-stream-name': streamName }),
    ...(streamArn === null ? {} : { 'daemon-stream-arn': streamArn })
  }
}

/** How often to look whether the folder is there. */
const LOOK_MS = 1000

/** The children are the daemon's: of their shards nothing is known here, and they drain by the daemon's own word. */
export const open = (
  loaded: ConfigSearch.Loaded,
  request: ConfigSearch.Request,
  relay: string,
  log: Keep.Options['log']
): E.Either<string, Programs> => {
  const file = loaded.file === null ? null : path.resolve(request.cwd, loaded.file)
  const flags = { ...streamFlags(loaded, request), ...request.flags }
  const kept = Keep.open({
    places: () => Folder.places(request.env),
    program: relay,
    scripts: { [SCRIPT]: scriptOf(request.cwd, file, flags) },
    log,
    release: ({ announce }) => fs.closeSync(announce),
    onRenewed: () => undefined
  })
  if (E.isLeft(kept)) return kept
  const keep = kept.right
  const looking = setInterval(keep.look, LOOK_MS).unref()
  return E.right({
    get executable() {
      return Folder.executableIn(keep.folder().path, SCRIPT)
    },
    get folder() {
      return keep.folder().path
    },
    revive: () =>
      Promise.resolve(
        pipe(
          keep.look(),
          E.mapLeft((problem) => refusal([problem]))
        )
      ),
    close: () => {
      clearInterval(looking)
      keep.close()
      return Promise.resolve()
    }
  })
}
