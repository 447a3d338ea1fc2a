/**
 * A host in a process of its own, for tests that kill it: says its folder, then serves until it is killed, or leaves at
 * once without closing anything.
 */
import * as E from 'fp-ts/Either'
import { leave } from '../../src/edge/leave'
import * as Host from '../../src/host/Host'
import { optionsFor } from './Rig'

const [project = '', place = '', then = 'serve'] = process.argv.slice(2)

void Host.open(optionsFor(project, { place }, () => undefined)).then((opened) => {
  if (E.isRight(opened)) process.stdout.write(`${opened.right.folder}\n`)
  if (then === 'leave') leave(0)
})
