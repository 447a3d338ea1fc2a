/** Whatever happens to a session, its recording gives the same session again. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import type * as Effect from '../../src/core/Effect'
import * as Effects from '../../src/core/Effect'
import * as Session from '../../src/core/Session'
import * as Reader from '../../src/lab/Reader'
import * as Recording from '../../src/lab/Recording'
import * as Recordings from '../lab/Recordings'
import * as Rig from '../lab/Rig'
import { play, type Step } from './Play'
import { runs } from './Runs'
import { scenario } from './Scenario'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-recording-'))
after(() => fs.rmSync(room, { recursive: true }))

/** The session, and what a recorder would note of each of its lives. */
const noted = (step: Step, lives: Array<Array<Recording.Entry>>): Step => {
  const note = (entry: Recording.Entry): void => void lives[lives.length - 1]?.push(entry)
  return (state, input) => {
    if (state === Session.initial) lives.push([])
    const taken = step(state, input)
    note(Recording.took(input))
    for (const effect of taken[1]) if (effect._tag === 'Write') note(Recording.wrote(effect.reply))
    return taken
  }
}

const repliesOf = (entries: ReadonlyArray<Recording.Entry>): ReadonlyArray<Recording.Entry> =>
  entries.filter(({ _tag }) => _tag === 'Wrote')

/** What there is to be done, without texts that may quote a payload. */
const outline = (effect: Effect.Effect): unknown => {
  switch (effect._tag) {
    case 'Write':
    case 'Wait':
    case 'Abort':
    case 'Recall':
      return effect
    case 'Bury':
      return [effect._tag, effect.index, effect.letter.sequenceNumber]
    case 'Deliver':
      return [effect._tag, effect.index, effect.outputs.map(({ sink, key }) => [sink, key])]
    case 'Exit':
      return [effect._tag, effect.code]
    case 'Log':
      return [effect._tag, effect.level]
  }
}

/** The steps of a session that is given the inputs of a recording. */
const outlines = (env: Session.Env, entries: ReadonlyArray<Recording.Entry>): ReadonlyArray<unknown> => {
  const step = Session.step(env)
  let state = Session.initial
  return entries.map((entry) => {
    if (entry._tag !== 'Took') return entry._tag === 'Wrote' ? [entry.reply] : []
    const [following, effects] = step(state, entry.input)
    state = following
    return effects.map(outline)
  })
}

const readAgain = (file: string): { header: Recording.Header; entries: ReadonlyArray<Recording.Entry> } => {
  const opened = Reader.open(file)
  if (E.isLeft(opened)) throw new Error(opened.left)
  const [life] = opened.right.lives
  if (life === undefined) throw new Error('there is no life')
  return { header: life.header, entries: [...Reader.entries(life)].flat() }
}

/** A step that is observed as the interpreter's are. */
const observed =
  (step: Step, folder: string): Step =>
  (state, input) => {
    if (state === Session.initial) rig = Rig.make(fs.mkdtempSync(path.join(folder, 'life-')))
    const taken = step(state, input)
    rig?.observe(input, taken, state)
    return taken
  }
let rig: Rig.Rig | null = null

describe('a recording of a session, whatever happens to it', () => {
  for (const data of ['none', 'hash', 'full'] as const)
    it(`gives the same effects and the recorded replies: data ${data}`, () =>
      fc.assert(
        fc.property(scenario, (made) => {
          const lives: Array<Array<Recording.Entry>> = []
          play(made, noted(Session.step(made.env), lives))
          for (const life of lives) {
            const folder = fs.mkdtempSync(path.join(room, 'life-'))
            const closed = Recording.closed(true, 0, null)
            const file = Recordings.write(folder, { env: made.env, data }, [...life, closed])
            const { header, entries } = readAgain(file)
            fs.rmSync(folder, { recursive: true })
            assert.deepEqual(header.env, JSON.parse(JSON.stringify(made.env)))
            assert.deepEqual(repliesOf(entries), repliesOf(life))
            assert.deepEqual(outlines(header.env, entries), [...outlines(made.env, life), []])
            assert.deepEqual(entries[entries.length - 1], closed)
          }
        }),
        runs(40)
      ))

  it('gives the recorded replies where the recorder has written it', () =>
    fc.assert(
      fc.property(scenario, (made) => {
        const folder = fs.mkdtempSync(path.join(room, 'lives-'))
        play(made, observed(Session.step(made.env), folder))
        for (const name of fs.readdirSync(folder)) {
          // A life that ended before its shard was known.
          if (fs.readdirSync(path.join(folder, name)).length === 0) continue
          const { entries } = readAgain(path.join(folder, name))
          const replayed = outlines(made.env, entries).flatMap((effects, at) =>
            entries[at]?._tag === 'Took' ? (effects as ReadonlyArray<Effect.Effect>) : []
          )
          assert.deepEqual(
            replayed.filter((effect) => '_tag' in effect && effect._tag === 'Write'),
            repliesOf(entries).map((entry) => (entry._tag === 'Wrote' ? Effects.write(entry.reply) : entry))
          )
        }
        fs.rmSync(folder, { recursive: true })
      }),
      runs(40)
    ))
})
