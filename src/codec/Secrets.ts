/** What is not to be read by whoever looks at a screen or a log. */

const MASK = '***'

const SECRET = /secret|password|passwd|token|authorization|api-?key|access-?key/i

/** `https://user:password@host` */
const USER = /(\/\/[^/:@\s]+:)[^/@\s]+(?=@)/g

/** `-Dhttps.proxyPassword=...` */
const OPTION = /(-D[^=\s]*(?:secret|password|passwd|token|key)[^=\s]*=)\S+/gi

/** Providers whose arguments are names, not secrets. */
const HARMLESS = /Profile|AssumeRole|WebIdentity/i

/** `com.example.Provider|key|secret`, several with commas between them. */
const inProviders = (text: string): string =>
  text
    .split(',')
    .map((provider) => {
      const [name = '', ...args] = provider.split('|')
      return args.length === 0 || HARMLESS.test(name) ? provider : `${name}|${MASK}`
    })
    .join(',')

/** A value as it may be shown; `name` is that of the key, the property or the header which has it. */
export const mask = (name: string, text: string): string => {
  if (/credentials/i.test(name)) return inProviders(text)
  // What is read from the environment later is no secret yet.
  if (SECRET.test(name)) return /^[^$]*\$\{[A-Za-z0-9_]+\}$/.test(text) ? text : MASK
  return text.replace(USER, `$1${MASK}`).replace(OPTION, `$1${MASK}`)
}
