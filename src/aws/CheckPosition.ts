/** Whether `daemon.initialPosition` has an effect: each shard that has a checkpoint begins there. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Finding from './Finding'
import type { Answer } from './Permission'

const SUBJECT = 'initialPosition'

/** The default says nothing that could be meant otherwise. */
export const isAsked = ({ initialPosition }: DaemonSettings): boolean => initialPosition !== 'trim-horizon'

const show = (position: DaemonSettings['initialPosition']): string =>
  typeof position === 'number' ? new Date(position).toISOString() : position

/** @param answer whether a shard has a checkpoint; Left where the lease table cannot be read, which another line says */
export const position = (
  { initialPosition, applicationName }: DaemonSettings,
  answer: Answer<boolean>
): Finding.Finding => {
  if (E.isLeft(answer) || !answer.right)
    return Finding.pass(SUBJECT, `${show(initialPosition)}, for shards without a checkpoint`)
  return Finding.untried(
    SUBJECT,
    `${show(initialPosition)} has no effect on shards with a checkpoint, and ${applicationName ?? 'the application'} has such shards: they continue from there; to begin elsewhere, choose another daemon.applicationName`
  )
}
