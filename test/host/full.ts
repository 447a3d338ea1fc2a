/**
 * A host whose process runs out of descriptors. Says its folder; at the line `fill` takes every descriptor that is free and
 * says how many; at the line `free` gives them back. Says each end that the host reports.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Lines from '../../src/protocol/wire/Lines'
import * as Host from '../../src/host/Host'
import { optionsFor } from './Rig'

const [project = '', place = ''] = process.argv.slice(2)
const taken: Array<number> = []
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const fill = (): void => {
  try {
    for (;;) taken.push(fs.openSync('/dev/null', 'r'))
  } catch {
    say(`full ${taken.length > 0}`)
  }
}

const free = (): void => {
  for (const fd of taken.splice(0)) fs.closeSync(fd)
  say('free')
}

void Host.open(optionsFor(project, { place }, () => undefined)).then((opened) => {
  if (E.isLeft(opened)) throw new Error(opened.left.problems.join('\n'))
  say(opened.right.folder)
  opened.right.onEnd(({ code, reason }) => say(`end ${code} ${reason}`))
  const lines = Lines.make()
  process.stdin.on('data', (chunk: Buffer) =>
    lines.push(chunk, (line) => (line.toString('latin1') === 'fill' ? fill() : free()))
  )
})
