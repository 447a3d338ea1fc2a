import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import type { Json } from '../../src/values/Codec'
import * as Config from '../../src/config/Config'
import * as KeySchema from '../../src/values/KeySchema'
import * as SinkSettings from '../../src/sinks/Settings'

const keys: ReadonlyArray<Config.Key> = [
  ...Config.keys,
  ...SinkSettings.kinds.filter(SinkSettings.isKind).flatMap(SinkSettings.fieldsOf)
]

const typeOf = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return ['array']
  return Number.isInteger(value) ? ['number', 'integer'] : [typeof value]
}

/** Whether a validator of JSON Schema takes the value. */
const takes = (json: Json, value: unknown): boolean => {
  const { type, pattern, minLength = 0, minimum = -Infinity, maximum = Infinity } = json
  const types = type === undefined ? typeOf(value) : [type].flat()
  if (!types.some((one) => typeOf(value).includes(one))) return false
  if (json.enum !== undefined && !json.enum.some((one) => one === value)) return false
  if (typeof value === 'string')
    return value.length >= minLength && (pattern === undefined || new RegExp(pattern, 'u').test(value))
  if (typeof value === 'number')
    return value >= minimum && value <= maximum && value > (json.exclusiveMinimum ?? -Infinity)
  if (Array.isArray(value))
    return value.length >= (json.minItems ?? 0) && value.every((one) => takes(json.items ?? {}, one))
  if (typeof value === 'object' && value !== null)
    return Object.values(value).every((one) => takes(json.additionalProperties ?? {}, one))
  return true
}

/** What people write, rightly or wrongly. */
const samples: ReadonlyArray<unknown> = [
  ...['', 'none', 'orders', 'x y', '10', '0', '250ms', '0s', '5 kB', '16MiB', 'a,b', '\0', 'ü'],
  ...['/run/kclts.sock', '127.0.0.1:80', '[::1]:80', 'localhost:9100', '~/x', 'sink:letters', './a b'],
  ...['http://h/', 'HTTPS://h', 'ftp://h', '2026-01-31', 'latest', '-Xmx1g -Da=b', '3.1.3', 'profile:dev'],
  ...[
    0,
    1,
    2,
    -1,
    0.5,
    1e4,
    10_001,
    70_000,
    2 ** 53,
    true,
    false,
    null,
    [],
    ['a'],
    ['a', 5],
    {},
    { a: 'b' },
    { a: 5 }
  ]
]

describe('what an editor shows of a key', () => {
  it('takes each value that the codec takes', () =>
    assert.deepEqual(
      keys.flatMap(({ path, codec, fallback, example }) =>
        [...samples, fallback, example]
          .filter((value) => value !== null && E.isRight(codec.decode(value)) && !takes(codec.json, value))
          .map((value) => `${path}: ${String(value)}`)
      ),
      []
    ))

  it('refuses most that the codec refuses', () => {
    const refused = keys.flatMap(({ codec }) =>
      samples.filter((value) => E.isLeft(codec.decode(value))).map((value) => takes(codec.json, value))
    )
    assert.ok(refused.filter((one) => one).length < refused.length / 10)
  })
})

describe('a configuration', () => {
  it('has no value that a codec has not given', () =>
    assert.throws(
      () => KeySchema.assemble(Config.schema.log, new Map([['level', 'loud']])),
      /^Error: A value of the configuration is not one of its codec\.$/
    ))
})
