/** Says once that `daemon.initialPosition` has no effect on shards that have a checkpoint. */
import type { Level, LogFields } from '../core/Effect'
import * as Session from '../core/Session'
import * as ConfigSearch from '../config/ConfigSearch'

type Write = (level: Level, message: string, fields: LogFields) => void

const KEY = 'daemon.initialPosition'

const NO_EFFECT =
  'it has no effect on shards that have a checkpoint, as this one has: they continue from there; to begin elsewhere, choose another daemon.applicationName'

/** The log of sessions: a session that begins at a sequence number continues from a checkpoint. */
export const watched = (loaded: ConfigSearch.Loaded, write: Write): Write => {
  let isDue = loaded.origins.some(({ key, from }) => key === KEY && from !== 'default')
  return (level, message, fields) => {
    write(level, message, fields)
    if (!isDue || message !== Session.INITIALIZED || !/^[0-9]/.test(String(fields['from']))) return
    isDue = false
    write('info', ConfigSearch.showLater(loaded, KEY, NO_EFFECT), { shard: fields['shard'] ?? null })
  }
}
