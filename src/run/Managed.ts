/**
 * A bracket that composes: what a program opens, one thing after the other, and releases in reverse order. When a later
 * step is refused or throws, everything that was opened before it is released.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Task } from 'fp-ts/Task'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as Attempt from './Attempt'

/** Why a program does not start: its exit code, and a message for each problem. */
export interface Refusal {
  /** 1: what the handler needs could not be acquired. 2: the configuration, or something that it names, is wrong. */
  readonly code: 1 | 2
  readonly problems: ReadonlyArray<string>
}

/** Something that is open. */
export interface Held<A> {
  readonly value: A
  /** Gives a sentence for each part that could not be released. Never rejects. */
  readonly release: Task<ReadonlyArray<string>>
}

export type Managed<A> = TaskEither<Refusal, Held<A>>

/** Left: the value could not be released; why, in a sentence. */
export type Release<A> = (value: A) => Promise<E.Either<string, void>>

// -- constructors -----------------------------------------------------------------------------------------------------

export const refusal = (problems: ReadonlyArray<string>, code: Refusal['code'] = 2): Refusal => ({
  code,
  problems
})

/** Opens something that has to be released. */
export const make =
  <A>(open: TaskEither<Refusal, A>, release: Release<A>): Managed<A> =>
  async () =>
    pipe(
      await open(),
      E.map((value) => ({
        value,
        release: async () =>
          pipe(
            await release(value),
            E.match(
              (problem) => [problem],
              () => []
            )
          )
      }))
    )

/** Something that need not be released. */
export const fromEither = <A>(find: () => E.Either<Refusal, A> | Promise<E.Either<Refusal, A>>): Managed<A> =>
  make(
    async () => find(),
    () => Promise.resolve(E.right(undefined))
  )

/** A release that may throw, reject or hang, within `ms` milliseconds. The name is that of a plural: `the sinks`. */
export const within =
  <A>(ms: number, name: string, release: (value: A) => unknown): Release<A> =>
  async (value) =>
    pipe(
      await Attempt.within(ms, () => release(value)),
      E.bimap(
        (reason) => `${name} cannot be closed: ${reason}`,
        () => undefined
      )
    )

// -- combinators ------------------------------------------------------------------------------------------------------

export const map =
  <A, B>(f: (value: A) => B) =>
  (opening: Managed<A>): Managed<B> =>
  async () =>
    pipe(
      await opening(),
      E.map(({ value, release }) => ({ value: f(value), release }))
    )

const releaseAll = async (
  releases: ReadonlyArray<Held<unknown>['release']>
): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  for (const release of releases) problems.push(...(await release()))
  return problems
}

/** The step that follows what is open. When it does not succeed, what is open is released. */
const following = async <A>(
  before: Held<unknown>['release'],
  step: Managed<A>,
  isBeneath = false
): Promise<E.Either<Refusal, Held<A>>> => {
  let next: E.Either<Refusal, Held<A>> | null = null
  try {
    next = await step()
  } finally {
    if (next === null) await before()
  }
  if (E.isRight(next)) {
    const { value, release } = next.right
    return E.right({ value, release: () => releaseAll(isBeneath ? [before, release] : [release, before]) })
  }
  const { code, problems } = next.left
  return E.left(refusal([...problems, ...(await before())], code))
}

const chained =
  (isBeneath: boolean) =>
  <A, B>(next: (value: A) => Managed<B>) =>
  (first: Managed<A>): Managed<B> =>
  async () => {
    const held = await first()
    if (E.isLeft(held)) return held
    const { value, release } = held.right
    return following(release, () => next(value)(), isBeneath)
  }

/** Opens what depends on what is open already. */
export const chain = chained(false)

/**
 * Opens what the first will use from now on, and releases it after the first: a sink of the handler's module stores its
 * outputs by means of the resource, which is acquired once it is known that the sinks are right.
 */
export const beneath = chained(true)

const nothing: Held<undefined>['release'] = () => Promise.resolve([])

/** Opens two things that do not depend on each other, one after the other: the problems of both are reported at once. */
export const both =
  <A, B>(first: Managed<A>, second: Managed<B>): Managed<readonly [A, B]> =>
  async () => {
    const one = await first()
    const before = E.isRight(one) ? one.right.release : nothing
    const two = await following(before, second)
    if (E.isRight(one))
      return pipe(
        two,
        E.map(({ value, release }) => ({ value: [one.right.value, value] as const, release }))
      )
    if (E.isLeft(two)) return E.left(refusal([...one.left.problems, ...two.left.problems], one.left.code))
    return E.left(refusal([...one.left.problems, ...(await two.right.release())], one.left.code))
  }

/** Releases; what cannot be released goes to `onProblem`. */
export const closing =
  ({ release }: Held<unknown>, onProblem: (problem: string) => void): Task<void> =>
  async () => {
    for (const problem of await release()) onProblem(problem)
  }

/** Uses what is open, and releases it whatever comes of that; what cannot be released goes to `onProblem`. */
export const use =
  <A, B>(body: (value: A) => Promise<B>, onProblem: (problem: string) => void) =>
  (opening: Managed<A>): TaskEither<Refusal, B> =>
  async () => {
    const held = await opening()
    if (E.isLeft(held)) return held
    try {
      return E.right(await body(held.right.value))
    } finally {
      await closing(held.right, onProblem)()
    }
  }
