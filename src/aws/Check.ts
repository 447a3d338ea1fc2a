/** Checks what Amazon's daemon needs before its first start, one thing after the other. It changes nothing. */
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import type { Java } from '../daemon/Java'
import type { Access, Table } from './Access'
import type * as Arn from './Arn'
import * as CheckHere from './CheckHere'
import * as CheckMigration from './CheckMigration'
import * as CheckPosition from './CheckPosition'
import * as CheckStream from './CheckStream'
import * as CheckTables from './CheckTables'
import type * as Finding from './Finding'
import type { Answer } from './Permission'

/** What the checks ask, each within a bounded time. */
export interface World {
  readonly java: () => Promise<Answer<E.Either<string, Java>>>
  readonly jars: () => Promise<CheckHere.JarsLook>
  /** Left: which packages are missing, in one sentence each. */
  readonly connect: () => Promise<E.Either<ReadonlyArray<string>, Access>>
}

type Findings = AsyncGenerator<Finding.Finding, void, void>

/** Returns the account, null where it is not known; or null: there are no credentials that can be used. */
async function* whose(
  settings: DaemonSettings,
  access: Access
): AsyncGenerator<Finding.Finding, { readonly account: string | null } | null, void> {
  const found = await access.credentials()
  if (E.isLeft(found)) {
    yield CheckHere.noCredentials(settings, found.left)
    return null
  }
  const identity = CheckHere.isOfAws(settings) ? await access.identity() : E.right(null)
  yield CheckHere.credentials(settings, found.right, identity)
  if (!CheckHere.isTaken(identity)) return null
  const arn = E.isRight(identity) ? identity.right : null
  return { account: arn?.split(':')[4] ?? null }
}

/** Every stream has had this shard: whether it still exists or not, a request for it shows the permission. */
const FIRST_SHARD = 'shardId-000000000000'

async function* ofStream(settings: DaemonSettings, place: Arn.Place, access: Access): Findings {
  const stream = await access.stream()
  yield CheckStream.stream(settings, place, stream)
  if (!CheckStream.isWithinReach(settings, place, stream)) return
  const arn = E.isRight(stream) ? stream.right.arn : CheckStream.arnOf(settings, place)
  const shard = await access.shard()
  const name = E.isRight(shard) ? shard.right : null
  const iterator = await access.iterator(name ?? FIRST_SHARD)
  const records = E.isRight(iterator) ? await access.records(iterator.right) : null
  yield CheckStream.reading(arn, { shard, iterator, records })
  if (settings.retrieval !== 'fan-out') return
  const named = CheckStream.consumerOf(settings, arn)
  yield CheckStream.consumer(named, await access.consumer(named))
}

interface Look {
  readonly want: CheckTables.Wanted
  readonly answer: Answer<Table>
}

/** Up to the first that nothing answers for. */
const tables = async (settings: DaemonSettings, access: Access): Promise<ReadonlyArray<Look>> => {
  const looks: Array<Look> = []
  for (const want of CheckTables.wanted(settings)) {
    const answer = await access.table(want.name)
    looks.push({ want, answer })
    if (!CheckTables.isWithinReach(answer)) break
  }
  return looks
}

async function* ofTables(settings: DaemonSettings, place: Arn.Place, access: Access): Findings {
  const used = CheckTables.used(settings, await tables(settings, access))
  const leader = used.find(({ want, answer }) => CheckTables.isFence(want, answer))
  const migration = leader === undefined ? E.right(null) : await access.migration(leader.want.name)
  for (const { want, answer } of CheckMigration.isComplete(migration) ? used.slice(0, 1) : used) {
    const actions = [
      ...CheckTables.attempts(want, answer),
      ...(CheckTables.isFence(want, answer) && CheckMigration.isAsked(settings)
        ? (['ConditionCheckItem'] as const)
        : [])
    ]
    const tried = await Promise.all(
      actions.map(async (action) => [action, await access.rows(action, want.name, want.key)] as const)
    )
    yield CheckTables.table(place, want, answer, tried)
  }
  const moved = CheckMigration.migration(settings, migration)
  if (moved !== null) yield moved
  const { tableName, applicationName } = settings
  if (CheckPosition.isAsked(settings))
    yield CheckPosition.position(settings, await access.checkpointed(tableName ?? applicationName ?? ''))
}

async function* ofAws(settings: DaemonSettings, access: Access): Findings {
  const { region } = access
  yield CheckHere.region(settings, region)
  if (E.isLeft(region)) return yield CheckHere.rest('a region')
  const who = yield* whose(settings, access)
  if (who === null) return yield CheckHere.rest('credentials that can be used here')
  const place = { region: region.right, account: who.account }
  yield* ofStream(settings, place, access)
  yield* ofTables(settings, place, access)
  yield CheckHere.metrics(settings)
}

/** Gives the findings one after the other. The settings are complete: there is a stream and an application. */
export async function* findings(settings: DaemonSettings, { java, jars, connect }: World): Findings {
  yield CheckHere.java(await java())
  yield CheckHere.jars(settings, await jars())
  const access = await connect()
  if (E.isLeft(access)) {
    yield* access.left.map(CheckHere.packages)
    return yield CheckHere.rest('them')
  }
  try {
    yield* ofAws(settings, access.right)
  } finally {
    access.right.close()
  }
}
