/** Payloads that may be compressed with gzip. */
import { createRequire } from 'node:module'
import type * as Zlib from 'node:zlib'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as KinesisRecord from '../protocol/KinesisRecord'

type Record = KinesisRecord.KinesisRecord

/** The most bytes of a decompressed payload: a megabyte of gzip may hold a gigabyte, and the shard waits meanwhile. */
const LIMIT = 64 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Loaded when the first compressed payload comes: every handler loads this module. */
const zlib = (): typeof Zlib => createRequire(__filename)('node:zlib') as typeof Zlib

const begins = ({ data }: Record): boolean => data[0] === 0x1f && data[1] === 0x8b

const refused = (thrown: unknown): Error => {
  const problem: Error & { readonly code?: unknown } = E.toError(thrown)
  return new Error(
    problem.code === 'ERR_BUFFER_TOO_LARGE'
      ? `the data is gzip of more than ${LIMIT / 1024 / 1024} MiB`
      : `the data begins as gzip does, but cannot be decompressed: ${problem.message}`
  )
}

const unpacked = ({ data }: Record): E.Either<Error, Uint8Array> =>
  E.tryCatch(() => zlib().gunzipSync(data, { maxOutputLength: LIMIT }), refused)

const decoded = (data: Uint8Array): E.Either<Error, string> =>
  E.tryCatch(
    () => utf8.decode(data),
    () => new Error('the decompressed data is not UTF-8 text')
  )

/**
 * The payload as UTF-8 text, decompressed where it begins as gzip does.
 *
 * Left: it begins like gzip but is not, it would become larger than 64 MiB, or it is not UTF-8.
 */
export const text = (record: Record): E.Either<Error, string> =>
  begins(record) ? pipe(unpacked(record), E.chain(decoded)) : KinesisRecord.text(record)

/** The payload as JSON, decompressed if it begins like gzip. Left: as for `text`, or the parser threw. */
export const jsonWith =
  (parse: KinesisRecord.Parse) =>
  (record: Record): E.Either<Error, unknown> =>
    begins(record)
      ? pipe(
          text(record),
          E.chain((json) =>
            E.tryCatch(
              () => parse(json),
              (thrown) => new Error(`the decompressed data is not JSON: ${E.toError(thrown).message}`)
            )
          )
        )
      : KinesisRecord.jsonWith(parse)(record)
