/** The real server of these tests, with the table. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { Client } from 'pg'
import { type Postgres, start } from '../../test/system/services/postgres'

const SCHEMA = fs.readFileSync(path.join(__dirname, 'schema.sql'), 'utf8')

export interface Database extends Postgres {
  /** Runs some SQL over a connection of its own; gives the rows of the last statement as arrays. */
  readonly ask: (sql: string) => Promise<ReadonlyArray<ReadonlyArray<unknown>>>
  /** Locks the table until its connection is cut. Resolves when this many other connections wait for the lock. */
  readonly blockUntil: (waiting: number) => Promise<void>
  readonly emptyTable: () => Promise<void>
}

const connect = async (connectionString: string): Promise<Client> => {
  const client = new Client({ connectionString })
  client.on('error', () => undefined) // it is cut by a restart
  await client.connect()
  return client
}

/** The server itself waits, so that no test has to ask again and again. */
const waitFor = (waiting: number): string => `
  do $$ begin
    while (select count(*) from pg_stat_activity where wait_event_type = 'Lock') < ${waiting} loop
      perform pg_sleep(0.01), pg_stat_clear_snapshot();
    end loop;
  end $$`

export const open = async (): Promise<Database> => {
  const server = await start()
  const ask: Database['ask'] = async (sql) => {
    const client = await connect(server.url)
    return client
      .query<Array<unknown>>({ text: sql, rowMode: 'array' })
      .then(({ rows }) => rows)
      .finally(() => client.end())
  }
  await ask(SCHEMA)
  return {
    ...server,
    ask,
    emptyTable: async () => void (await ask('truncate orders')),
    blockUntil: async (waiting) => {
      const client = await connect(server.url)
      await client.query('begin')
      await client.query('lock table orders')
      await client.query(waitFor(waiting))
    }
  }
}
