/** Writes the same rows with a pure handler: orders are outputs, and `store` is a sink that writes many of them at once. */
import { left } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type ModuleSink, ack, decodeJson, reject, sinks } from 'kclts'
import { DatabaseError, Pool } from 'pg'

const Order = t.type({ id: t.string, customer: t.string, total: t.number }, 'an order')
type Order = t.TypeOf<typeof Order>

export const outputs = { orders: Order }
const to = sinks(outputs)

export const handler = decodeJson(Order)((order) => to.orders(order)(ack()))

const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  connectionTimeoutMillis: 5000,
  query_timeout: 30_000
})
pool.on('error', () => undefined) // an idle connection was cut; the next query opens a new one

export const acquire = (): Promise<unknown> => pool.query('select 1')
export const release = (): Promise<void> => pool.end()

const ROWS = `jsonb_to_recordset($1) as new (id text, order_id text, customer text, total numeric)`

const INSERT = `insert into orders (id, order_id, customer, total) select * from ${ROWS} on conflict (id) do nothing`

/** For ids that are there with different content: the row keeps its old content, and `conflicts` goes up. */
const COUNT = `
  update orders as old set conflicts = conflicts + 1 from ${ROWS}
  where old.id = new.id
  and (old.order_id, old.customer, old.total) is distinct from (new.order_id, new.customer, new.total)
  returning old.id, old.order_id, conflicts`

const insert = async (rows: ReadonlyArray<object>): Promise<void> => {
  const json = JSON.stringify(rows)
  const { rowCount } = await pool.query(INSERT, [json])
  if (rowCount === rows.length) return
  const conflicts = await pool.query<{ id: string; order_id: string; conflicts: number }>(COUNT, [json])
  for (const conflict of conflicts.rows)
    console.error('error: an order came again with another content', conflict)
}

/** Errors of the SQLSTATE classes 22 and 23: the table does not accept a value. */
const isPoison = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')

/**
 * If the table does not accept a value, kclts sends the orders one by one, and the bad one becomes a dead letter. After any
 * other error, such as a lost connection, kclts sends the same orders again, in the same order.
 */
export const store: ModuleSink<Order> = (orders) =>
  insert(
    orders.map(({ id, value: { id: order_id, customer, total } }) => ({ id, order_id, customer, total }))
  ).catch((error: unknown) => {
    if (isPoison(error)) return left(reject(error.message))
    throw error
  })
