import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Config from '../../src/config/Config'
import * as SinkSettings from '../../src/sinks/Settings'

interface Entry {
  readonly path: string
  readonly codec: { readonly decode: (value: unknown) => E.Either<unknown, unknown> }
  readonly meaning: string
}

const entries: ReadonlyArray<Entry> = [
  ...Config.keys,
  ...SinkSettings.kinds
    .filter(SinkSettings.isKind)
    .flatMap((kind) =>
      SinkSettings.fieldsOf(kind).map((field) => ({ ...field, path: `sinks.${kind}.${field.path}` }))
    )
]

/** In each way that it may be written. */
const ZEROS = [0, -0, '0', '0s', '0ms', '0.0', '0B', '0kB', '0MiB']

const takesZero = ({ codec }: Entry): boolean =>
  ZEROS.some((zero) => {
    const decoded = codec.decode(zero)
    return E.isRight(decoded) && (decoded.right === 0 || decoded.right === null)
  })

const isNumeric = ({ codec }: Entry): boolean =>
  [1, '1s', '1MB'].some((value) => {
    const decoded = codec.decode(value)
    return E.isRight(decoded) && typeof decoded.right === 'number'
  })

it('0 turns a key off, as its meaning says, or is refused', () => {
  const taken = entries.filter(takesZero)
  assert.deepEqual(
    taken.filter(({ meaning }) => !/\b0\b/.test(meaning)).map(({ path }) => path),
    []
  )
  // Each numeric key is one of the two; what takes none is not silently something else.
  assert.deepEqual(
    entries
      .filter((entry) => isNumeric(entry) && !takesZero(entry))
      .filter(({ codec }) => ZEROS.some((zero) => E.isRight(codec.decode(zero))))
      .map(({ path }) => path),
    []
  )
  assert.ok(taken.length >= 10)
})

it('what is not 0 does not become 0', () => {
  for (const { path, codec } of entries.filter(isNumeric))
    for (const tiny of ['0.0001ms', '0.1ms', '0.4B', '0.0001kB']) {
      const decoded = codec.decode(tiny)
      assert.ok(E.isLeft(decoded) || decoded.right !== 0, `${path}: ${tiny}`)
    }
})
