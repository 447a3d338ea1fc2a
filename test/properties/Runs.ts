/** How often a property is tried: `KCLTS_RUNS=20000` for longer, `KCLTS_SEED=7` for the same again. */
import type * as fc from 'fast-check'

const number = (name: string): number | undefined => {
  const text = process.env[name]
  return text === undefined || text === '' ? undefined : Number(text)
}

const seed = number('KCLTS_SEED')

/** @param usual the number of runs when nothing else is said. */
export const runs = (usual: number): fc.Parameters<unknown> => ({
  numRuns: number('KCLTS_RUNS') ?? usual,
  ...(seed === undefined ? {} : { seed })
})
