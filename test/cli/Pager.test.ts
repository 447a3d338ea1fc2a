import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Pager from '../../src/cli/Pager'

/** What is printed, and what a pager is given, by its command line and the options of less. */
const page = (
  env: Pager.World['env'],
  { isWanted = true, isTerminal = true, isThere = true } = {}
): ReadonlyArray<string> => {
  const seen: Array<string> = []
  const pager = Pager.make(isWanted, {
    env,
    isTerminal,
    print: (text) => void seen.push(`printed ${text}`),
    show: ({ name, shell, env: { LESS } }, text) => {
      if (isThere) seen.push(`${shell ? 'sh ' : ''}${name} ${LESS}: ${text}`)
      return isThere
    }
  })
  pager.write('a')
  pager.write('b')
  pager.end()
  return seen
}

describe('a pager', () => {
  it('is less, with the options that git gives it, or the one that the user names', () =>
    assert.deepEqual(
      [page({}), page({ LESS: 'S' }), page({ PAGER: 'more -s' })],
      [['less FRX: ab'], ['less S: ab'], ['sh more -s FRX: ab']]
    ))

  it('is not used if the output is not a terminal', () => {
    const plain = ['printed a', 'printed b']
    assert.deepEqual(
      [
        page({}, { isWanted: false }),
        page({}, { isTerminal: false }),
        page({ PAGER: '' }),
        page({ PAGER: 'cat' }),
        page({ TERM: 'dumb' })
      ],
      [plain, plain, plain, plain, plain]
    )
  })

  it('that is not installed hides nothing', () =>
    assert.deepEqual(page({}, { isThere: false }), ['printed ab']))
})
