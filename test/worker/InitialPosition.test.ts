import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogFields } from '../../src/core/Effect'
import * as InitialPosition from '../../src/worker/InitialPosition'
import { defaults } from '../config/defaultConfig'

/** What is logged when sessions begin at these positions. */
const logged = (origin: string, ...positions: ReadonlyArray<string>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  const origins = [{ key: 'daemon.initialPosition', shown: 'latest', from: origin }]
  const write = InitialPosition.watched(
    { config: defaults, file: null, origins },
    (level, message, fields: LogFields) => lines.push(`${level} ${message} ${String(fields['shard'])}`)
  )
  positions.forEach((from, i) => write('info', 'shard initialized', { shard: `shard-${i}`, from }))
  return lines.filter((line) => !line.includes('shard initialized'))
}

describe('an initial position', () => {
  it('that has no effect is reported once, with the place where it was set', () => {
    assert.deepEqual(logged('kcl.config.yaml:4:3', 'LATEST', '4959/0', '4960/0'), [
      'info kcl.config.yaml:4:3: daemon.initialPosition: it has no effect on shards that have a checkpoint, as this one has: they continue from there; to begin elsewhere, choose another daemon.applicationName shard-1'
    ])
  })

  it('is not reported where it is the default, or where no shard has a checkpoint', () => {
    assert.deepEqual([logged('default', '4959/0'), logged('kcl.config.yaml:4:3', 'LATEST')], [[], []])
  })
})
