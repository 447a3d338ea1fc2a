/** `host.mode: process`: a kclts-child for each shard, in place of the host. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import type * as ConfigSearch from '../edge/ConfigSearch'
import * as Failure from '../core/Failure'
import * as Folder from '../host/Folder'
import type * as Host from '../host/Host'

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

/** The children are the daemon's: of their shards nothing is known here, and they drain by the daemon's own word. */
export const open = (
  loaded: ConfigSearch.Loaded,
  request: ConfigSearch.Request,
  relay: string
): E.Either<string, Host.Host> => {
  const folder = Folder.make(Folder.places(request.env), relay)
  if (E.isLeft(folder)) return folder
  const file = loaded.file === null ? null : path.resolve(request.cwd, loaded.file)
  try {
    const flags = { ...streamFlags(loaded, request), ...request.flags }
    fs.writeFileSync(path.join(folder.right.path, SCRIPT), scriptOf(request.cwd, file, flags), {
      mode: 0o700
    })
  } catch (thrown) {
    folder.right.remove()
    return E.left(Failure.show(Failure.fromUnknown(thrown)))
  }
  fs.closeSync(folder.right.announce)
  return E.right({
    executable: `./${SCRIPT}`,
    folder: folder.right.path,
    shards: () => [],
    past: () => [],
    unattached: () => [],
    onEnd: () => undefined,
    drain: () => undefined,
    revive: () => Promise.resolve(E.right(undefined)),
    close: () => {
      folder.right.remove()
      return Promise.resolve()
    }
  })
}
