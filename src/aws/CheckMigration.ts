/** What is found of a move of three tables into one, which KCL 3.5 makes when a property says so. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Finding from './Finding'
import type { Answer } from './Permission'
import type { Status, TableMigration } from './TableMigration'

const SUBJECT = 'single table'
const PROPERTY = 'migrateAllEntitiesToLeaseTable'

/** Whether the next start is to move them. */
export const isAsked = ({ properties }: Pick<DaemonSettings, 'properties'>): boolean =>
  properties[PROPERTY] === 'true'

/** What is found where the property is not set. */
const resting: Readonly<Record<Status, string>> = {
  INIT: 'INIT; the three tables can be moved into one once this is DEPLOYED',
  DEPLOYED: `DEPLOYED; the three tables can be moved into one, with daemon.properties.${PROPERTY}`,
  PENDING: `PENDING, and daemon.properties.${PROPERTY} is not set: the application goes back to three tables`,
  COMPLETE: 'COMPLETE; the application uses the lease table alone, and the two other tables can be deleted'
}

const moving: Readonly<Record<Status, Finding.Finding>> = {
  INIT: Finding.todo(
    SUBJECT,
    `INIT, and the KCL does not start with daemon.properties.${PROPERTY} before it is DEPLOYED; start without the property, and wait for DEPLOYED (kclts leases)`
  ),
  DEPLOYED: Finding.pass(
    SUBJECT,
    'DEPLOYED; the three tables are moved into one when all workers have started'
  ),
  PENDING: Finding.pass(SUBJECT, 'PENDING; the rows are in the lease table'),
  COMPLETE: Finding.pass(SUBJECT, resting.COMPLETE)
}

const NONE = Finding.todo(
  SUBJECT,
  `no move has been prepared, and the KCL does not start with daemon.properties.${PROPERTY}; start all workers without the property, and wait for DEPLOYED (kclts leases)`
)

/** Whether the lease table alone is in use, although the others are still there. */
export const isComplete = (answer: Answer<TableMigration | null>): boolean =>
  E.isRight(answer) && answer.right?.status === 'COMPLETE'

/** @param answer Left where the leader table cannot be read, which another line says. Null: nothing to say. */
export const migration = (
  settings: Pick<DaemonSettings, 'properties'>,
  answer: Answer<TableMigration | null>
): Finding.Finding | null => {
  if (E.isLeft(answer)) return null
  const found = answer.right
  if (isAsked(settings)) return found === null ? NONE : moving[found.status]
  return found === null ? null : Finding.pass(SUBJECT, resting[found.status])
}
