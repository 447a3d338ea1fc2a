/** Numbers without a unit: seconds and bytes, unless they were surely meant otherwise. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Config from '../../src/config/Config'
import * as Units from '../../src/config/Units'
import * as SinkSettings from '../../src/sinks/Settings'
import { loadIn, problems, project, yaml } from './Project'

const verdict = (key: string, value: unknown): string => {
  const field = Config.keyOf(key) ?? SinkSettings.fieldsOf('file').find(({ path }) => path === key)
  const judged = Units.judge(key, field?.codec ?? { name: '' }, value)
  if (E.isLeft(judged)) return 'refused'
  return judged.right === null ? 'right' : 'doubted'
}

const verdicts = (key: string, ...values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  values.map((value) => verdict(key, value))

describe('a number without a unit', () => {
  it('is refused where it was surely meant as milliseconds or megabytes, with what to write', () =>
    assert.deepEqual(
      problems(
        yaml(
          'checkpoint: { interval: 60000 }\ndeadline: "30000"\ndaemon: { shutdownGrace: 20000 }\nhost: { memory: 256 }\n' +
            'sinks: { a: { type: file, path: ./a, timeout: 3600000 } }\n'
        )
      ),
      [
        'kcl.config.yaml:2:25: checkpoint.interval: found 60000 without a unit, which is 1000m; write 1m for milliseconds, or 60000s',
        'kcl.config.yaml:3:11: deadline: found 30000 without a unit, which is 500m; write 30s for milliseconds, or 30000s',
        'kcl.config.yaml:4:26: daemon.shutdownGrace: found 20000 without a unit, which is 20000s; write 20s for milliseconds, or 20000s',
        'kcl.config.yaml:5:17: host.memory: found 256 without a unit, which is 256 bytes; write 256MB for megabytes, or 256B',
        'kcl.config.yaml:6:47: sinks.a.timeout: found 3600000 without a unit, which is 1000h; write 1h for milliseconds, or 3600000s'
      ]
    ))

  it('is doubted where it may have been, and the configuration is loaded', () => {
    const loaded = loadIn(
      project(
        yaml('failure: { backoff: 500 }\nsinks: { a: { type: file, path: ./a, batch: { bytes: 5 } } }\n')
      ),
      { env: { KCLTS_DEADLINE: '5000' } }
    )
    assert.deepEqual(E.isLeft(loaded) ? loaded.left : loaded.right.doubts, [
      'kcl.config.yaml:2:21: failure.backoff: found 500 without a unit, which is 500s; write 500ms for milliseconds, or 500s',
      'KCLTS_DEADLINE: deadline: found 5000 without a unit, which is 5000s; write 5s for milliseconds, or 5000s',
      'kcl.config.yaml:3:54: sinks.a.batch.bytes: found 5 without a unit, which is 5 bytes; write 5MB for megabytes, or 5B'
    ])
  })

  it('is right where it may be one: small, or whole quarters of an hour', () => {
    assert.deepEqual(
      verdicts('checkpoint.interval', 0, 5, 60, 0.5, 999, 3600, 5400, 43_200),
      Array(8).fill('right')
    )
    assert.deepEqual(verdicts('failure.backoff', 0, 1, 30), Array(3).fill('right'))
    assert.deepEqual(verdicts('rotate.interval', 3600, 86_400, 604_800, 2_592_000), Array(4).fill('right'))
    assert.deepEqual(verdicts('status.stalled', 300, 86_400), ['right', 'right'])
    assert.deepEqual(verdicts('host.memory', 268_435_456, 1_000_000), ['right', 'right'])
    assert.deepEqual(verdicts('batch.bytes', 1, 1000, 65_536), Array(3).fill('right'))
  })

  it('is never refused where hours are usual, nor anything that has a unit', () => {
    assert.deepEqual(verdicts('rotate.interval', 100_000, 3_600_000), ['doubted', 'doubted'])
    assert.deepEqual(verdicts('checkpoint.interval', '60000s', '60000ms'), ['right', 'right'])
    assert.deepEqual(verdicts('host.memory', '256B'), ['right'])
    assert.deepEqual(verdicts('undelivered', 60_000), ['right'])
  })
})
