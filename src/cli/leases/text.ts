/** Leases as text, for people. */
import * as Position from '../../protocol/Position'
import * as Lease from '../../aws/Lease'
import type * as ClientVersion from '../../aws/ClientVersion'
import type * as TableMigration from '../../aws/TableMigration'
import type * as LeaseWatch from '../../aws/LeaseWatch'
import { counted, safe } from '../deadLetters/file'
import * as Table from '../Table'
import { stateOf, workersOf, type View, type Worker } from './view'

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1]
] as const

/** `45s`, `3m20s`, `2h5m`, `4d`: the two largest units, a clock that is behind ours counted as 0. */
export const age = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const first = UNITS.findIndex(([, size]) => size <= seconds)
  if (first === -1) return '0s'
  let left = seconds
  return UNITS.slice(first, first + 2)
    .map(([unit, size]) => {
      const count = Math.floor(left / size)
      left -= count * size
      return count === 0 ? '' : `${count}${unit}`
    })
    .join('')
}

/** A change that was not seen is older by any time. */
const since = ({ at, isKnown }: LeaseWatch.Since, now: number): string =>
  `${age(now - at)}${isKnown ? '' : '+'}`

const TAIL = 12

/** Short: the last digits alone, which are those that change. */
const checkpointOf = (checkpoint: Lease.Checkpoint, isShort: boolean): string => {
  const whole = Lease.showCheckpoint(checkpoint)
  const { sequenceNumber } = checkpoint
  return isShort && Position.isSequenceNumber(sequenceNumber) && sequenceNumber.length > TAIL
    ? `..${whole.slice(sequenceNumber.length - TAIL)}`
    : safe(whole)
}

interface Column {
  readonly title: string
  readonly cell: (row: LeaseWatch.Watched) => string
}

const NONE = '-'

const ownerOf = ({ owner, giver }: Lease.Lease): string =>
  owner === null ? NONE : giver === null ? safe(owner) : `${safe(owner)} (from ${safe(giver)})`

const isHeld = (state: LeaseWatch.State): boolean =>
  state === 'owned' || state === 'handover' || state === 'expired'

const ages = (view: View): ReadonlyArray<Column> => {
  const { moment } = view.watch.look
  return [
    { title: 'age', cell: (row) => (isHeld(stateOf(view)(row)) ? since(row.renewed, moment) : NONE) },
    { title: 'moved', cell: (row) => since(row.moved, moment) }
  ]
}

const rate: Column = {
  title: 'KB/s',
  cell: ({ lease: { throughputKBps } }) => (throughputKBps === null ? NONE : throughputKBps.toFixed(1))
}

const columnsOf = (view: View, isShort: boolean): ReadonlyArray<Column> => [
  { title: 'shard', cell: ({ lease }) => safe(lease.shard) },
  { title: 'parents', cell: ({ lease }) => lease.parents.map(safe).join(',') || NONE },
  { title: 'state', cell: stateOf(view) },
  { title: 'owner', cell: ({ lease }) => ownerOf(lease) },
  {
    title: 'checkpoint',
    cell: ({ lease: { checkpoint, pending } }) =>
      checkpointOf(checkpoint, isShort) +
      (pending === null ? '' : ` (pending ${checkpointOf(pending, isShort)})`)
  },
  { title: 'switches', cell: ({ lease }) => String(lease.ownerSwitches) },
  ...(view.watch.leases.some(({ lease }) => lease.throughputKBps !== null) ? [rate] : []),
  ...(view.isWatching ? ages(view) : [])
]

const tableOf = (view: View, isShort: boolean): ReadonlyArray<string> => {
  const columns = columnsOf(view, isShort)
  return [
    ...Table.lines(
      view.watch.leases,
      (row) => columns.map(({ cell }) => cell(row)),
      columns.map(({ title }) => title)
    )
  ]
}

/** Whole if it fits into the given columns, or if there is no limit. */
const leaseLines = (view: View, width: number | null): ReadonlyArray<string> => {
  const whole = tableOf(view, false)
  return width === null || whole.every((line) => line.length <= width) ? whole : tableOf(view, true)
}

/** Ten times as long as a worker of KCL 3 takes from one report to the next. */
const SILENT = 300_000

/** Without the workers that are gone, whose reports KCL keeps for a day. */
const workerLines = (view: View): ReadonlyArray<string> => {
  const { at, leader } = view.watch.look
  const workers = workersOf(view).filter(
    ({ worker, leases, reportedAt }) =>
      leases > 0 || worker === leader || (reportedAt !== null && at - reportedAt <= SILENT)
  )
  if (workers.length === 0) return []
  const report = ({ reportedAt }: Worker): string =>
    reportedAt === null ? NONE : `${age(at - reportedAt)} ago`
  return [
    '',
    ...Table.lines(
      workers,
      (each) => [safe(each.worker), String(each.leases), report(each), each.worker === leader ? 'leads' : ''],
      ['worker', 'leases', 'last report', '']
    )
  ]
}

const STATES = ['owned', 'handover', 'expired', 'free', 'never-started', 'ended'] as const

const summary = (view: View): string => {
  const { tables, watch, isWatching } = view
  const states = watch.leases.map(stateOf(view))
  const counts = STATES.map((state) => [state, states.filter((each) => each === state).length] as const)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
  const time = isWatching ? `${new Date(watch.look.at).toISOString().slice(0, 19)}Z  ` : ''
  return `${time}${safe(tables.leases)}: ${counted(states.length, 'lease')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`
}

const legend = (view: View): ReadonlyArray<string> => {
  if (!view.isWatching)
    return [
      'The table holds no times, and a worker that is gone stays the owner until another takes over: --watch shows which leases are renewed.'
    ]
  const isExpired = view.watch.leases.some((row) => stateOf(view)(row) === 'expired')
  return [
    'age: since the lease was renewed; moved: since its checkpoint changed; +: or longer',
    ...(isExpired
      ? [`expired: not renewed for longer than daemon.failoverTime, ${age(view.failoverTime)}`]
      : [])
  ]
}

/** What the version means for the user, and what comes next; null: nothing is left to do. */
const UPGRADE: Readonly<Record<ClientVersion.Version, string | null>> = {
  UPGRADE_FROM_2X:
    'the workers share leases as KCL 2 does; once all of them run KCL 3, it is 3X_WITH_ROLLBACK',
  '2X': "the move was rolled back, and the workers share leases as KCL 2 does; Amazon's migration tool can roll it forward",
  '3X_WITH_ROLLBACK':
    'the workers share leases as KCL 3 does, and the application can go back; to end the move, take clientVersionConfig out of daemon.properties',
  '3X': null
}

const upgradeLines = ({ watch: { look } }: View): ReadonlyArray<string> => {
  if (look.clientVersion === null) return []
  const { version, since } = look.clientVersion
  const next = UPGRADE[version]
  return next === null
    ? []
    : ['', `Move from KCL 2 to KCL 3: ${version} for ${age(look.at - since)}: ${next}`]
}

/** What a status means for the user, and what comes next. */
const MOVE: Readonly<Record<TableMigration.Status, string>> = {
  INIT: 'all workers run KCL 3.5; after an hour it is DEPLOYED',
  DEPLOYED: 'it can begin: set migrateAllEntitiesToLeaseTable in daemon.properties',
  PENDING: 'all rows are in the lease table; after tableMigrationCompleteBakeTimeSeconds it is COMPLETE',
  COMPLETE: 'the application uses the lease table alone; the other two tables can be deleted'
}

/** Nothing is left to do once the leader table is gone. */
const moveLines = ({ watch: { look } }: View): ReadonlyArray<string> => {
  const { migration } = look
  if (migration === null || (migration.status === 'COMPLETE' && !migration.hasLeaderTable)) return []
  const { status, since } = migration
  return ['', `Move to a single table: ${status} for ${age(look.at - since)}: ${MOVE[status]}`]
}

const EMPTY = 'The table has no lease yet: the first worker that starts makes one for each shard.'

/** In: how wide a line may be, null for any; what kept a look after the view's from being taken, null for nothing. */
export const text = (view: View, width: number | null, problem: string | null): string => {
  const { leases, unread } = view.watch.look
  return [
    summary(view),
    ...(problem === null ? [] : [`The last look failed: ${problem}`]),
    '',
    ...(leases.length === 0 ? [EMPTY] : leaseLines(view, width)),
    ...workerLines(view),
    ...upgradeLines(view),
    ...moveLines(view),
    ...(unread.length === 0 ? [] : ['', ...unread]),
    ...(leases.length === 0 ? [] : ['', ...legend(view)])
  ]
    .map((line) => `${line}\n`)
    .join('')
}
