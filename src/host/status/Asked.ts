/**
 * By which names a server may be asked. A page of the web may give its own name the address of this machine, and then read
 * us through its visitor's browser (DNS rebinding). It cannot do that by an address, nor by a name that is not its own.
 */
import * as net from 'node:net'
import * as HostName from '../../values/HostName'

const LOOPBACK = new net.BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches the address: `127.0.0.2`, `::1`, `::ffff:127.0.0.1`. */
export const isLoopback = (address: string): boolean => {
  const family = net.isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** What every machine calls itself. */
const OWN = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback']

/** An IPv6 address may name an interface, which URLs do not know: `[fe80::1%eth0]:9100`. */
const ZONE = /%[^\]]*/

/**
 * The host of a header `Host`, as URLs are parsed: a name in its normal form, or an address; null: there is none.
 * `127.1`, `0x7f000001` and `[::0001]` are addresses.
 */
export const hostIn = (header: string): string | null => {
  // Nothing that a URL would take for something else than a host and its port.
  if (!/^[A-Za-z0-9._~:[\]%-]+$/.test(header)) return null
  const url = `http://${header.replace(ZONE, '')}`
  if (!URL.canParse(url)) return null
  const { hostname } = new URL(url)
  return HostName.normal(hostname.replace(/^\[|\]$/g, ''))
}

export interface Place {
  /** Where the server listens, as the system says. */
  readonly address: string
  /** As it was configured: a name, perhaps. */
  readonly host: string
  /** Further names, in their normal form; null: none are configured. */
  readonly hosts: ReadonlyArray<string> | null
}

/**
 * Whether the request is for this server.
 *
 * One that other machines reach is asked by names that are not known here, such as those of a Service; so it takes each,
 * unless `hosts` says which. `header`: undefined with HTTP/1.0, which browsers do not speak.
 */
export const isForUs = ({ address, host, hosts }: Place, header: string | undefined): boolean => {
  if (header === undefined || (hosts === null && !isLoopback(address))) return true
  const name = hostIn(header)
  if (name === null) return false
  return net.isIP(name) !== 0 || [...OWN, HostName.normal(host), ...(hosts ?? [])].includes(name)
}
