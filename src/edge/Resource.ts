/** The exports `acquire` and `release` of a handler's module: a bracket around all that a process consumes. */
import * as E from 'fp-ts/Either'
import { within } from '../run/Attempt'
import type { HandlerModule } from './HandlerModule'

export interface Resource {
  /** What `acquire` gave: the handler's `context.resource`. */
  readonly value: unknown
  /** Right when it is released. Never rejects; takes RELEASE_MS at most. */
  readonly release: () => Promise<E.Either<string, void>>
}

/** How long `release` may take. The daemon waits for our exit without limit, so we must not. */
export const RELEASE_MS = 5000

const nothing: Resource = { value: undefined, release: () => Promise.resolve(E.right(undefined)) }

type Code = (argument?: unknown) => unknown

const isCode = (value: unknown): value is Code => typeof value === 'function'

/**
 * Runs the module's `acquire`, when it has one, within `deadline` milliseconds. No module: there is nothing to acquire.
 *
 * Left: it failed, took too long, or one of the two is no function; in one sentence, with the stack.
 */
export const acquire = async (
  module: HandlerModule | null,
  deadline: number
): Promise<E.Either<string, Resource>> => {
  if (module === null) return E.right(nothing)
  const { exported, name } = module
  const [acquires, releases] = [exported('acquire'), exported('release')]
  if (acquires === undefined && releases === undefined) return E.right(nothing)
  for (const [word, value] of Object.entries({ acquire: acquires, release: releases }))
    if (value !== undefined && !isCode(value))
      return E.left(`${name}: the export \`${word}\` is of type ${typeof value}, expected a function`)
  const acquired = isCode(acquires) ? await within(deadline, () => acquires()) : E.right(undefined)
  if (E.isLeft(acquired)) return E.left(`\`acquire\` of ${name} failed: ${acquired.left}`)
  return E.right({
    value: acquired.right,
    release: async () => {
      const released = isCode(releases)
        ? await within(RELEASE_MS, () => releases(acquired.right))
        : E.right(undefined)
      return E.isLeft(released)
        ? E.left(`\`release\` of ${name} failed: ${released.left}`)
        : E.right(undefined)
    }
  })
}
