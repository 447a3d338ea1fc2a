/** See postgres.js. */
export interface Postgres {
  readonly url: string
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

export function start(): Promise<Postgres>
export function missing(): string | null
export function skip(): string | false
