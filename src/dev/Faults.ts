/** Trouble on request: which checkpoints are throttled and which batches cost the lease. */
import type { Chance } from './Chance'

export interface Faults {
  /** Whether the nth checkpoint of the shard is answered by a ThrottlingException. */
  readonly throttles: (shardId: string, nth: number) => boolean
  /**
   * What the nth batch of the shard does to its lease. `Stolen`: another worker takes it while the batch runs, so that
   * checkpoints are answered by a ShutdownException. `Lost`: it is gone after the batch.
   */
  readonly loses: (shardId: string, nth: number) => 'Stolen' | 'Lost' | null
}

/** Both chances are in [0, 1]. */
export interface Odds {
  readonly throttle: number
  readonly loseLease: number
}

export const make = (chance: Chance, { throttle, loseLease }: Odds): Faults => ({
  throttles: (shardId, nth) => chance('throttle', shardId, nth) < throttle,
  loses: (shardId, nth) => {
    if (chance('lose', shardId, nth) >= loseLease) return null
    return chance('steal', shardId, nth) < 0.5 ? 'Stolen' : 'Lost'
  }
})
