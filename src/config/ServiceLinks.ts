/**
 * Variables that Kubernetes and Docker put into containers for services of others: a Service called `kclts` or
 * `kclts-status` gives variables that begin as ours do. (Kubernetes: `enableServiceLinks`, on by default; Docker: links.)
 */

type Env = Readonly<Record<string, string | undefined>>

const isPort = (text: string): boolean => /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535

/** Of IPv4 or IPv6. Not by node:net, which a child would load for this alone. */
const isAddress = (text: string): boolean =>
  /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(text) || /^\[?(?=.*:.*:)[0-9a-f:.]{2,45}\]?$/i.test(text)

/** `tcp://10.0.0.7:9100`: no value of a setting looks like this. */
const isUrl = (text: string): boolean => {
  const [, host = '', port = ''] = /^(?:tcp|udp|sctp):\/\/(.+):([0-9]+)$/.exec(text) ?? []
  return isAddress(host) && isPort(port)
}

/** By the end of the name: what the value looks like. */
const SHAPES: ReadonlyArray<readonly [RegExp, (text: string) => boolean]> = [
  [/_SERVICE_HOST$/, isAddress],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, isPort],
  [/_PORT$/, isUrl],
  [/_PORT_[0-9]+_(?:TCP|UDP|SCTP)$/, isUrl],
  [/_PORT_[0-9]+_(?:TCP|UDP|SCTP)_PROTO$/, (text) => /^(?:tcp|udp|sctp)$/i.test(text)],
  [/_PORT_[0-9]+_(?:TCP|UDP|SCTP)_PORT$/, isPort],
  [/_PORT_[0-9]+_(?:TCP|UDP|SCTP)_ADDR$/, isAddress]
]

/** Docker's `ALIAS_NAME=/this/alias` and `ALIAS_ENV_...`, which may look like anything: only beside the alias's port. */
const isDockers = (name: string, text: string, env: Env): boolean => {
  const [, alias = '', kind = ''] = /^(.+?)_(NAME$|ENV_)/.exec(name) ?? []
  const isLinked = isUrl(env[`${alias}_PORT`] ?? '')
  return isLinked && (kind === 'ENV_' || /^\/[^/]+\/[^/]+$/.test(text))
}

/** Whether the variable is a service link and no setting: its name ends as one, and its value looks like one. */
export const is = (name: string, env: Env): boolean => {
  const text = env[name]
  if (text === undefined) return false
  return SHAPES.some(([end, fits]) => end.test(name) && fits(text)) || isDockers(name, text, env)
}
