/** Every transcript in this folder, played against its child: replies are compared byte for byte. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import { Transcript, playEffect } from '../../src/testing'
import * as Shorthand from '../../src/testing/Shorthand'
import * as Compat from './compat'
import { handlers } from './handlers'

// The compiled test lies in a folder of the build; transcripts are not compiled.
const folder = path.join(process.cwd(), 'test', 'transcripts')

const namesIn = (place: string): ReadonlyArray<string> =>
  fs
    .readdirSync(place)
    .filter((name) => name.endsWith('.txt'))
    .sort()

const names = namesIn(folder)

describe('golden transcripts', () => {
  it('are there', () => assert.ok(names.length > 80, `found ${names.length}`))

  for (const name of names) {
    it(path.basename(name, '.txt'), async () => {
      const text = fs.readFileSync(path.join(folder, name), 'utf8')
      const handler = handlers[Transcript.header(text)['handler'] ?? '']
      assert.ok(handler, 'the header names a handler of test/transcripts/handlers.ts')
      assert.equal(await playEffect(text, { handler }), null)
    })
  }
})

describe('golden transcripts of kclts/compat', () => {
  const place = path.join(folder, 'compat')

  for (const name of namesIn(place)) {
    it(path.basename(name, '.txt'), () => {
      assert.equal(Compat.play(fs.readFileSync(path.join(place, name), 'utf8')), null)
    })
  }
})

describe('a transcript that is no capture', () => {
  const written = [...names, ...namesIn(path.join(folder, 'compat')).map((name) => path.join('compat', name))].filter(
    (name) => !name.startsWith('capture-')
  )

  it('has each line in its shortest form', () => {
    const longer = written.flatMap((name) => {
      const text = fs.readFileSync(path.join(folder, name), 'utf8')
      const { expand, shorten } = Shorthand.make(Transcript.header(text)['sequence'])
      const lines = text.split('\n').filter((line) => /^[><@!]/.test(line))
      return lines.filter((line) => shorten(expand(line)) !== line).map((line) => `${name}: ${line}`)
    })
    assert.deepEqual(longer, [])
  })
})
