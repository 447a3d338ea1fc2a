/** Asks on a terminal what no flag has said. */
import * as E from 'fp-ts/Either'
import * as Answers from './Answers'

/** Puts a question and gives the line that was answered. */
export type Ask = (question: string) => Promise<string>

/** Asks again until the answer is right; an empty one is the default. */
const until = async <A extends string>(
  ask: Ask,
  question: string,
  fallback: A,
  read: (text: string) => E.Either<string, A>
): Promise<A> => {
  for (let hint = ''; ;) {
    const line = (await ask(`${hint}${question} (${fallback}): `)).trim()
    const answer = line === '' ? E.right(fallback) : read(line)
    if (E.isRight(answer)) return answer.right
    hint = `${answer.left}\n`
  }
}

export const runnerOf = (text: string): E.Either<string, Answers.Runner> => {
  const runner = Answers.RUNNERS.find((one) => one === text)
  return runner === undefined
    ? E.left(`found "${text}", expected ${Answers.RUNNERS.join(', ')}`)
    : E.right(runner)
}

/** All answers: those that were given, and for the rest what `ask` brings. */
export const answers = async (
  given: Partial<Answers.Answers>,
  defaults: Answers.Answers,
  ask: Ask
): Promise<Answers.Answers> => ({
  stream:
    given.stream ??
    (await until(ask, 'Name of the stream', defaults.stream, (text) => Answers.nameOf('stream', text))),
  application:
    given.application ??
    (await until(
      ask,
      'Name of the application, whose workers share the stream',
      defaults.application,
      (text) => Answers.nameOf('application', text)
    )),
  runner:
    given.runner ??
    (await until(ask, `What runs its tests: ${Answers.RUNNERS.join(', ')}`, defaults.runner, runnerOf))
})
