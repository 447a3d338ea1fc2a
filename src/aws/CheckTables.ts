/** What is found of the tables in DynamoDB: of the leases, and with KCL 3 of the workers and of the leader. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as KclVersion from '../config/KclVersion'
import { INDEX, type RowAction, type Table } from './Access'
import * as Arn from './Arn'
import * as Finding from './Finding'
import * as Permission from './Permission'
import type { Answer } from './Permission'
import * as Refusal from './Refusal'

/** A table that the daemon uses. */
export interface Wanted {
  readonly subject: string
  readonly name: string
  /** The attribute that the KCL finds rows by. */
  readonly key: string
  /** The KCL looks for a worker's leases by an index. */
  readonly isIndexed: boolean
  /** Whether the KCL makes it if it is not there: from 3.5 on, it makes the lease table alone. */
  readonly isMade: boolean
}

/** By the names that the KCL gives them (LeaseManagementConfig, WorkerMetricsTableConfig, CoordinatorStateTableConfig). */
export const wanted = ({
  version,
  applicationName,
  tableName,
  properties
}: DaemonSettings): ReadonlyArray<Wanted> => {
  const application = applicationName ?? ''
  const isNew = !version.startsWith('2.')
  const leases = {
    subject: 'lease table',
    name: tableName ?? application,
    key: 'leaseKey',
    isIndexed: isNew,
    isMade: true
  }
  const isMade = !KclVersion.knowsSingleTable(version)
  if (!isNew) return [leases]
  return [
    leases,
    {
      subject: 'worker table',
      name: properties['workerMetricsTableName'] ?? `${application}-WorkerMetricStats`,
      key: 'wid',
      isIndexed: false,
      isMade
    },
    {
      subject: 'leader table',
      name: properties['coordinatorStateTableName'] ?? `${application}-CoordinatorState`,
      key: 'key',
      isIndexed: false,
      isMade
    }
  ]
}

/**
 * Which of the tables the daemon uses, by what is there: from KCL 3.5 on an application without the leader table keeps all its
 * rows in the lease table (TableMigrationStateMachineImpl.determineStatusForInitialization).
 */
export const used = <A extends { readonly want: Wanted; readonly answer: Answer<Table> }>(
  { version }: DaemonSettings,
  looks: ReadonlyArray<A>
): ReadonlyArray<A> => {
  const [leases, , leader] = looks
  const isSingle =
    KclVersion.knowsSingleTable(version) &&
    leader !== undefined &&
    E.isLeft(leader.answer) &&
    Refusal.isMissing(leader.answer.left)
  return isSingle && leases !== undefined ? [leases] : looks
}

const ENDPOINT = 'daemon.dynamoDbEndpoint'

const outcome = Permission.outcome(ENDPOINT)

const describing = (resource: string): Permission.Permission => ({
  action: 'dynamodb:DescribeTable',
  resource
})

/** Where nothing answers, it does not of another table either. */
export const isWithinReach = (answer: Answer<Table>): boolean =>
  outcome(describing(''), answer)._tag !== 'Unclear'

/** What to try with its rows: of a table that is not there yet, too, since AWS looks at permissions first. */
export const attempts = (
  { isIndexed, isMade, key }: Wanted,
  answer: Answer<Table>
): ReadonlyArray<RowAction> => {
  const rows: ReadonlyArray<RowAction> = ['Scan', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem']
  const all: ReadonlyArray<RowAction> = isIndexed ? [...rows, 'Query'] : rows
  if (E.isLeft(answer)) {
    // It may not be there, and then DescribeTable alone is needed.
    if (!isMade) return []
    if (Refusal.isMissing(answer.left)) return all
    // Of a table that may be there without its index DynamoDB says that the question is wrong.
    return isWithinReach(answer) ? rows : []
  }
  if (answer.right.status === 'DELETING' || answer.right.key !== key) return []
  return answer.right.indexes.includes(INDEX) ? all : rows
}

/** The leader table of KCL 3.5, if it is there: the lock in it guards each transaction that moves rows to the lease table. */
export const isFence = ({ isMade, key }: Wanted, answer: Answer<Table>): boolean =>
  !isMade && key === 'key' && E.isRight(answer) && answer.right.key === key

/** What was tried with its rows. */
export type Tried = ReadonlyArray<readonly [RowAction, Answer<void>]>

const resourceOf = (arn: string, action: RowAction): string =>
  action === 'Query' ? `${arn}/index/${INDEX}` : arn

/** `CreateTable` and such: they cannot be tried without doing it. */
const untold = (actions: string, why: string): string => `${actions} was not tried, since it ${why}`

/** What the first start does about the table, and needs to be allowed; null: nothing. */
const firstStart = ({ isIndexed }: Wanted, answer: Answer<Table>): string | null => {
  if (E.isLeft(answer)) {
    if (!Refusal.isMissing(answer.left)) return null
    const actions = `dynamodb:CreateTable${isIndexed ? ' (and UpdateTable, for its index)' : ''}`
    return `not there yet; the first start makes it; ${untold(actions, 'would make it now')}`
  }
  return isIndexed && !answer.right.indexes.includes(INDEX)
    ? `has no index ${INDEX} yet; the first start makes it; ${untold('dynamodb:UpdateTable', 'would make it now')}`
    : null
}

export const table = (
  place: Arn.Place,
  want: Wanted,
  answer: Answer<Table>,
  tried: Tried
): Finding.Finding => {
  const { subject, name, key } = want
  const arn = Arn.table(place, name)
  if (E.isRight(answer) && answer.right.key !== key)
    return Finding.todo(
      subject,
      `${name} is a table of something else: its key is ${answer.right.key}, not by ${key}; choose another daemon.tableName or daemon.applicationName`
    )
  if (E.isRight(answer) && answer.right.status === 'DELETING')
    return Finding.todo(subject, `${name}: DELETING; start once it is gone`)
  if (E.isLeft(answer) && Refusal.isMissing(answer.left) && !want.isMade)
    return Finding.todo(
      subject,
      `${name} is missing, and KCL 3.5 does not make it again, but needs it beside the two other tables; restore it from a backup, or make it with the partition key ${key} (a string)`
    )
  const first = firstStart(want, answer)
  const is = `${name}${E.isRight(answer) ? `: ${answer.right.status}` : ''}`
  const text = first === null ? is : `${is}${E.isRight(answer) ? ', ' : ': '}${first}`
  const outcomes = [
    ...(E.isLeft(answer) ? [outcome(describing(arn), answer)] : []),
    ...tried.map(([action, given]) =>
      outcome({ action: `dynamodb:${action}`, resource: resourceOf(arn, action) }, given)
    )
  ]
  const may = tried.length === 0 ? '' : `; may ${tried.map(([action]) => action).join(', ')}`
  return (
    Finding.ofOutcomes(subject, text, outcomes) ??
    (first === null ? Finding.pass : Finding.untried)(subject, `${text}${may}`)
  )
}
