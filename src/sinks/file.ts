/** `type: file`: one JSON line an output, on disk before it counts as delivered. */
import { promises as fs } from 'node:fs'
import * as path from 'node:path'
import type * as SinkSettings from '../codec/SinkSettings'
import { done, type Entry, type Transport } from './Sink'

const LIMITS = { count: 10_000, bytes: 16 << 20, entryBytes: 1 << 30 }

/** A line that tells the record it came from, so that a reader can drop what a crash brought twice. */
const lineOf = ({ id, key, json }: Entry): string =>
  `{"id":${JSON.stringify(id)},"key":${JSON.stringify(key)},"value":${json}}\n`

const NEWLINE = 0x0a

interface Open {
  readonly handle: fs.FileHandle
  readonly since: number
  size: number
}

/** `orders.ndjson` becomes `orders.2026-01-31T23-59-59-000Z.ndjson`. */
const rotatedName = (file: string, now: number): string => {
  const { dir, name, ext } = path.parse(file)
  return path.join(dir, `${name}.${new Date(now).toISOString().replace(/[:.]/g, '-')}${ext}`)
}

const syncFolder = async (file: string): Promise<void> => {
  const folder = await fs.open(path.dirname(file), 'r')
  await folder.sync().finally(() => folder.close())
}

const openFile = async (file: string): Promise<Open> => {
  await fs.mkdir(path.dirname(file), { recursive: true })
  const handle = await fs.open(file, 'a+', 0o600)
  const { size, birthtimeMs } = await handle.stat()
  await syncFolder(file)
  return { handle, since: birthtimeMs, size }
}

/** A crash in mid-write left half a line: it is ended first, and stays a line that readers report. */
const isTorn = async ({ handle, size }: Open): Promise<boolean> => {
  if (size === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== NEWLINE
}

/** `file` is absolute. One process writes it; each worker needs a path of its own. */
export const transport = (settings: SinkSettings.File, file: string, now: () => number): Transport => {
  const { size = Infinity, interval = Infinity } = settings.rotate ?? {}
  let open: Open | null = null

  const rotateIfDue = async (current: Open): Promise<Open> => {
    if (current.size === 0 || (current.size < size && now() - current.since < interval)) return current
    await current.handle.close()
    await fs.rename(file, rotatedName(file, now()))
    open = null
    return openFile(file)
  }

  return {
    limits: LIMITS,
    answersPerEntry: false,
    send: async (entries) => {
      open = await rotateIfDue(open ?? (await openFile(file)))
      const text = `${(await isTorn(open)) ? '\n' : ''}${entries.map(lineOf).join('')}`
      await open.handle.appendFile(text)
      await open.handle.datasync()
      open.size += Buffer.byteLength(text)
      return entries.map(() => done)
    },
    close: async () => {
      await open?.handle.close()
      open = null
    }
  }
}
