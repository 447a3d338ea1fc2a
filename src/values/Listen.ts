/** Where a server listens: `none`, a port, host:port, or the absolute path of a unix socket. */
import * as t from 'io-ts'
import * as Codecs from './Codec'
import * as SocketPath from './SocketPath'

/** What `net.Server.listen` takes. */
export type Listen = { readonly host: string; readonly port: number } | { readonly path: string }

/** A port alone is one of the loopback interface: by default only this machine has access. */
const LOOPBACK = '127.0.0.1'

const HOST_AND_PORT = /^(?:([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):)?([0-9]{1,5})$/

/** undefined: it is no such place. */
export const parse = (value: string): Listen | undefined => {
  if (value.startsWith('/')) return value.includes('\0') ? undefined : { path: value }
  const [, host = LOOPBACK, digits] = HOST_AND_PORT.exec(value) ?? []
  const port = Number(digits)
  return digits !== undefined && port <= 65_535 ? { host: host.replace(/^\[|\]$/g, ''), port } : undefined
}

/** `127.0.0.1:9100`, `[::1]:9100`, `/run/kclts.sock`; what `parse` reads. */
export const show = (listen: Listen): string => {
  if ('path' in listen) return listen.path
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`
}

const NONE = 'none'

const NAME = 'none, a port, host:port, or the absolute path of a unix socket'

/** Decoded to what `show` gives; null: nowhere, as 0 is too. A port alone is one of the loopback interface. */
export const Codec = new Codecs.Codec<string | null, string>(
  {
    name: NAME,
    is: (u): u is string | null => u === null || typeof u === 'string',
    validate: (u, c) => {
      if (u === NONE || u === 0 || u === '0') return t.success(null)
      const listen = typeof u === 'string' || typeof u === 'number' ? parse(String(u)) : undefined
      const tooLong = listen !== undefined && 'path' in listen ? SocketPath.problem(listen.path) : null
      if (tooLong !== null) return t.failure(u, c, tooLong)
      return listen === undefined ? t.failure(u, c) : t.success(show(listen))
    },
    encode: (value) => value ?? NONE
  },
  { type: ['string', 'integer'], pattern: `^(?:${NONE}|[/~$].*|[^/]*[0-9])$`, minimum: 0, maximum: 65_535 },
  'path'
)
