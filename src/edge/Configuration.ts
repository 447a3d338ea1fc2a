/** The first step of a program: its configuration is read. A thread is given it, and does not load what reads it. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as ConfigSearch from '../config/ConfigSearch'
import * as Managed from '../run/Managed'

/** Left: every problem, with its place. */
export const read = (request: ConfigSearch.Request): Managed.Managed<ConfigSearch.Loaded> =>
  Managed.fromEither(() =>
    pipe(
      ConfigSearch.load(request),
      E.mapLeft((problems) => Managed.refusal(problems.map(ConfigSearch.show)))
    )
  )
