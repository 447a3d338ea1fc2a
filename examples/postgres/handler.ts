/** Each order becomes one row, written by the handler itself: effectful, with retries, in order per partition key. */
import * as t from 'io-ts'
import { type EffectHandler, ack, decodeJson, reject } from 'kclts'
import { DatabaseError, Pool } from 'pg'

const Order = t.type({ id: t.string, customer: t.string, total: t.number }, 'an order')

/** Called once per process, before anything is consumed. If the database does not answer, the start fails with a message. */
export const acquire = async (): Promise<Pool> => {
  const pool = new Pool({
    connectionString: process.env['DATABASE_URL'],
    max: 16, // as many as `concurrency`
    connectionTimeoutMillis: 5000,
    query_timeout: 8000 // less than `deadline`
  })
  pool.on('error', () => undefined) // an idle connection was cut; the next query opens a new one
  await pool.query('select 1')
  return pool
}

export const release = (pool: Pool): Promise<void> => pool.end()

/** If the id is there with the same content, nothing changes, and no row is returned. If the content differs, the row keeps its old content, and `conflicts` goes up. */
const UPSERT = `
  insert into orders as old (id, order_id, customer, total) values ($1, $2, $3, $4)
  on conflict (id) do update set conflicts = old.conflicts + 1
  where (old.order_id, old.customer, old.total) is distinct from (excluded.order_id, excluded.customer, excluded.total)
  returning conflicts`

/** Errors of the SQLSTATE classes 22 and 23: the column does not accept the value. A retry would not help. */
const isPoison = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')

export const handler: EffectHandler<Record<never, never>, Pool> = decodeJson(Order)(async (
  order,
  record,
  { resource: pool, log }
) => {
  const id = `${record.shardId}:${record.sequenceNumber}:${record.subSequenceNumber}:0`
  try {
    const { rows } = await pool.query<{ conflicts: number }>(UPSERT, [
      id,
      order.id,
      order.customer,
      order.total
    ])
    const conflicts = rows[0]?.conflicts ?? 0
    if (conflicts > 0) log('error', `order ${order.id} came again with another content`, { id, conflicts })
    return ack()
  } catch (error) {
    if (isPoison(error)) return reject(error.message)
    throw error // the database is down: the record is retried, see `failure` in the configuration
  }
})
