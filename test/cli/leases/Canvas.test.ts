import { deepStrictEqual } from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import * as Canvas from '../../../src/cli/leases/Canvas'

const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

/** A terminal with room for four lines of forty letters, and what was written to it. */
const small = () => {
  const written: Array<string> = []
  const terminal = Object.assign(new EventEmitter(), {
    columns: 40,
    rows: 4,
    write: (text: string) => written.push(text)
  })
  return { terminal, written }
}

describe('a canvas', () => {
  it('in a pipe appends, with a gap between two pictures', () => {
    const written: Array<string> = []
    const canvas = Canvas.appending((text) => written.push(text), { gap: '\n', width: null })
    canvas.draw('a\n')
    canvas.draw('b\n')
    canvas.close()
    deepStrictEqual([written, canvas.width()], [['a\n', '\nb\n'], null])
  })

  it('on a terminal draws in place, on a screen of its own, and leaves the last picture', () => {
    const { terminal, written } = small()
    const canvas = Canvas.inPlace(terminal)
    canvas.draw('a\nb\n')
    canvas.draw('c\n')
    canvas.close()
    deepStrictEqual(written, [OPEN, '\x1b[Ha\x1b[K\nb\x1b[K\x1b[J', '\x1b[Hc\x1b[K\x1b[J', `${CLOSE}c\n`])
  })

  it('on a terminal has no more lines than the terminal, and says so', () => {
    const { terminal, written } = small()
    const canvas = Canvas.inPlace(terminal)
    canvas.draw('1\n2\n3\n4\n')
    canvas.draw('1\n2\n3\n4\n5\n')
    canvas.close()
    deepStrictEqual(written, [
      OPEN,
      '\x1b[H1\x1b[K\n2\x1b[K\n3\x1b[K\n4\x1b[K\x1b[J',
      '\x1b[H1\x1b[K\n2\x1b[K\n3\x1b[K\n... and 2 more lines: a pipe shows all\x1b[K\x1b[J',
      `${CLOSE}1\n2\n3\n4\n5\n`
    ])
  })

  it('is drawn again when the terminal gets another size, until it is closed', () => {
    const { terminal, written } = small()
    const canvas = Canvas.inPlace(terminal)
    canvas.draw('1\n2\n3\n4\n5\n')
    terminal.rows = 5
    terminal.columns = 20
    terminal.emit('resize')
    deepStrictEqual(canvas.width(), 20)
    canvas.close()
    terminal.emit('resize')
    deepStrictEqual(written.slice(2), [
      '\x1b[H1\x1b[K\n2\x1b[K\n3\x1b[K\n4\x1b[K\n5\x1b[K\x1b[J',
      `${CLOSE}1\n2\n3\n4\n5\n`
    ])
  })

  it('that nothing was drawn on leaves the terminal as it is', () => {
    const { terminal, written } = small()
    Canvas.inPlace(terminal).close()
    deepStrictEqual(written, [])
  })
})
