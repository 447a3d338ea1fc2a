/** The recorder of a run of `kclts dev`, for its handler in this process. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import type * as ConfigSearch from '../config/ConfigSearch'
import type { HandlerModule } from '../edge/HandlerModule'
import type { Log } from '../edge/Log'
import * as Recorder from '../edge/Recorder'
import { opening } from '../lab/Recorder'
import * as Managed from '../run/Managed'

const ENTRY = path.join(__dirname, '../lab/entries/recorder.js')

interface Run {
  /** null: children are processes, which record themselves. */
  readonly module: HandlerModule | null
  readonly log: Log
  /** False: what is played was recorded before. */
  readonly isRecording: boolean
}

/** @param streamName that of the run, which it has from its input */
export const open = (
  loaded: ConfigSearch.Loaded,
  { module, log, isRecording }: Run,
  streamName: string
): Managed.Managed<Recorder.Recorder | null> => {
  if (module === null || !isRecording) return Managed.fromEither(() => E.right(null))
  const daemon = { ...loaded.config.daemon, streamName, streamArn: null }
  const here = { ...loaded, config: { ...loaded.config, daemon } }
  return Recorder.managed(opening(ENTRY), { loaded: here, module, log: log.write, idle: null })
}
