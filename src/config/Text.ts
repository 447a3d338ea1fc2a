/** What a text of the configuration stands for: home folder and variables in paths, `${NAME}` in the URLs of sinks. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Any } from '../values/Codec'
import * as Key from '../values/Key'
import * as Path from '../values/Path'
import * as Variables from '../values/Variables'
import * as Home from '../values/Home'

const SINK = /^sink:/

/**
 * The value with what its text stands for. Elsewhere than in a path a variable is refused: two workers whose id is the text
 * `${HOSTNAME}` would renew each other's leases.
 *
 * Left: what is wrong with it; the text itself may be secret.
 */
export const fill = (codec: Any, value: unknown, env: Variables.Env): E.Either<string, unknown> => {
  if (typeof value !== 'string' || codec.reading === 'verbatim') return E.right(value)
  if (codec.reading === 'plain')
    return Variables.isIn(value) ? E.left('found a variable, which is not replaced here') : E.right(value)
  return SINK.test(value) ? E.right(value) : Path.expand(value, Home.of(env), env)
}

/** Of a sink: the variables of its URLs are replaced when it is opened, so that what they bring is never shown. */
export const fillSink = (codec: Any, value: unknown, env: Variables.Env): E.Either<string, unknown> => {
  if (codec !== Key.Url || typeof value !== 'string' || !Variables.isIn(value)) return fill(codec, value, env)
  return pipe(
    Variables.fill(value, env),
    E.chain((filled) =>
      codec.is(filled) && !Variables.isIn(filled)
        ? E.right(value)
        : E.left(`found a variable that does not make ${codec.name}`)
    )
  )
}
