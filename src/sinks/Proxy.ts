/**
 * The proxy of a URL, by the variables that programs share: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in lower case too, which
 * comes first. No standard says what they mean; this is what curl makes of them (curl(1), CURLOPT_NOPROXY(3)), so that a
 * URL that curl reaches is reached from here.
 */
import * as net from 'node:net'
import * as E from 'fp-ts/Either'

type Env = Readonly<Record<string, string | undefined>>

/** `url` may have a user and a password; `shown` has neither. */
export interface Proxy {
  readonly url: URL
  readonly shown: string
}

/** The first that is set. */
const variable = (env: Env, name: string): { readonly name: string; readonly value: string } | null => {
  for (const one of [name.toLowerCase(), name.toUpperCase()]) {
    const value = env[one]?.trim()
    if (value !== undefined) return { name: one, value }
  }
  return null
}

/** As addresses are compared: no brackets around IPv6, no dot at the end, lower case. */
const hostOf = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')

const portOf = ({ port, protocol }: URL): string => port || (protocol === 'https:' ? '443' : '80')

const familyOf = (address: string): 'ipv4' | 'ipv6' => (net.isIPv6(address) ? 'ipv6' : 'ipv4')

/** `10.0.0.0/8`, or one address in any of its spellings. */
const isAddressIn = (host: string, address: string, bits: string | undefined): boolean => {
  if (net.isIP(host) === 0 || net.isIP(address) === 0) return false
  const list = new net.BlockList()
  const most = net.isIPv6(address) ? 128 : 32
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
  if (!(prefix <= most)) return false
  list.addSubnet(address, prefix, familyOf(address))
  return list.check(host, familyOf(host))
}

/** `example.com` is the host of that name and those below it; a dot, or `*.`, before it says the same. */
const isNamed = (host: string, name: string): boolean => {
  if (net.isIP(host) !== 0) return false
  const bare = hostOf(name.replace(/^\*?\./, ''))
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`))
}

/** `example.com`, `example.com:8080`, `[::1]:80`, `::1`, `10.0.0.0/8`, `*`. */
const TERM = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/

const excludes =
  (url: URL) =>
  (term: string): boolean => {
    if (term === '*') return true
    const host = hostOf(url.hostname)
    const [, bracketed, bare = '', port] = net.isIPv6(term.split('/')[0] ?? '')
      ? [term, undefined, term, undefined]
      : (TERM.exec(term) ?? [])
    const [name = '', bits, ...more] = (bracketed ?? bare).split('/')
    if (more.length > 0 || (port !== undefined && port !== portOf(url))) return false
    return isAddressIn(host, name, bits) || (bits === undefined && isNamed(host, name))
  }

/** Terms with commas or spaces between them. */
const isDirect = (url: URL, noProxy: string): boolean =>
  noProxy
    .split(/[,\s]+/)
    .filter((term) => term !== '')
    .some(excludes(url))

/** `proxy:3128` is short for `http://proxy:3128`. */
const read = (value: string): Proxy | null => {
  const text = value.includes('://') ? value : `http://${value}`
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol) || url.hostname === '') return null
  // The rest of a password with a slash in it: the host would be a part of the password.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@')) return null
  const user = url.username === '' && url.password === '' ? '' : '***@'
  return { url, shown: `${url.protocol}//${user}${url.host}` }
}

/**
 * null: none, so that the URL is reached directly.
 *
 * Left: the variable has no proxy of HTTP. Its value is not in the text, since it may have a password.
 */
export const of = (url: URL, env: Env): E.Either<string, Proxy | null> => {
  const found = variable(env, `${url.protocol.slice(0, -1)}_proxy`)
  if (found === null || found.value === '') return E.right(null)
  if (isDirect(url, variable(env, 'no_proxy')?.value ?? '')) return E.right(null)
  const proxy = read(found.value)
  return proxy === null
    ? E.left(
        `the environment variable ${found.name} is not the URL of a proxy, expected one such as http://proxy.example.com:3128 (in a password, / is written %2F)`
      )
    : E.right(proxy)
}

/** Whether URLs of https may have a proxy at all. */
export const isSet = (env: Env): boolean => (variable(env, 'https_proxy')?.value ?? '') !== ''

/** The bytes, as curl takes them: a percent sign without two digits after it stands for itself. */
const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1'
  )

/** The header that a proxy knows its user by; null: it needs none. */
export const authorizationOf = ({ url: { username, password } }: Proxy): string | null =>
  username === '' && password === ''
    ? null
    : `Basic ${unescaped(`${username}:${password}`).toString('base64')}`
