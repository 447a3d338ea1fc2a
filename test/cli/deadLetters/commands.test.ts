/** `kclts dead-letters list` and `show` in this process: what they print of a file of letters. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import { list } from '../../../src/cli/deadLetters/list'
import { show } from '../../../src/cli/deadLetters/show'
import type { DeadLetter } from '../../../src/core/DeadLetter'
import * as Choice from '../../../src/deadLetters/DeadLetterChoice'
import * as Codec from '../../../src/deadLetters/DeadLetterCodec'
import type { Surroundings } from '../../../src/edge/Surroundings'
import { letter } from '../../deadLetters/letter'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-list-'))
const file = path.join(folder, 'letters.ndjson')
after(() => fs.rmSync(folder, { recursive: true }))

const printed = (letters: ReadonlyArray<DeadLetter>, run: (around: Surroundings) => unknown): string => {
  fs.writeFileSync(file, letters.map(Codec.encode).join(''))
  const parts: Array<string> = []
  const take = (text: string): void => void parts.push(text)
  run({ cwd: folder, env: {}, stdout: take, stderr: { write: take } } as unknown as Surroundings)
  return parts.join('')
}

const options = (choice: Partial<Choice.Choice> = {}) => ({
  file,
  config: null,
  flags: {},
  choice: { ...Choice.all, ...choice }
})

const numbered = (n: number, reason: string, partitionKey = 'k'): DeadLetter => ({
  ...letter,
  sequenceNumber: String(n),
  data: String(n),
  reason,
  partitionKey
})

describe('dead-letters list', () => {
  it('groups reasons that differ in their data, and cuts none', () => {
    const long = `an output could not be delivered: HttpError: sink orders: ${'x'.repeat(2000)}: the server answered 503`
    const text = printed(
      [numbered(1, 'too large: 951.31'), numbered(2, 'too large: 7'), numbered(3, long), numbered(4, long)],
      (around) => list({ ...options(), json: false }, around)
    )
    const [, , , third = '', , count, ...groups] = text.trimEnd().split('\n')
    assert.match(third, / \.\.\. x+: the server answered 503$/)
    assert.equal(count, `4 dead letters in ${file}`)
    assert.deepEqual(
      groups.map((line) => line.replace(/ an output .* the/, ' an output .. the')),
      ['  2 too large: ..', '  2 an output .. the server answered 503']
    )
  })

  it('finds the letters of a partition key', () => {
    const letters = [
      numbered(1, 'a', 'customer-48'),
      numbered(2, 'a', 'customer-4'),
      numbered(3, 'a', 'customer-48')
    ]
    const text = printed(letters, (around) =>
      list({ ...options({ key: 'customer-48' }), json: true }, around)
    )
    assert.deepEqual(
      text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly sequenceNumber: string }).sequenceNumber),
      ['1', '3']
    )
  })
})

describe('dead-letters show --json', () => {
  it('is the letter as it stands in the file, with its number and how many its record has', () => {
    const one = numbered(7, 'why')
    const text = printed([one, one], (around) =>
      show({ ...options({ only: ['1'] }), data: false, json: true }, around, () => undefined)
    )
    assert.deepEqual(JSON.parse(text), { number: 1, letters: 2, ...one })
  })
})
