/** A secret in any key that may hold one, said rightly or wrongly: no command prints it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { check } from '../../src/cli/check/check'
import { config, importProperties } from '../../src/cli/config/config'
import * as Config from '../../src/config/Config'
import * as ConfigSecrets from '../../src/config/ConfigSecrets'
import * as Secrets from '../../src/values/Secrets'
import * as SinkSettings from '../../src/sinks/Settings'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import { loadIn, project } from '../config/Project'
import * as E from 'fp-ts/Either'

/** How a secret stands in a value, by the reader of the key. */
const values: ReadonlyMap<Secrets.Reader, ReadonlyArray<(secret: string) => string>> = new Map([
  [
    Secrets.url,
    [
      (secret: string) => `https://me:${secret}@h.example/a`,
      (secret: string) => `https://${secret}@h.example/a`,
      (secret: string) => `https://h.example/a?b=c&token=${secret}`,
      (secret: string) => `https://h.example/a?${secret}#${secret}`,
      (secret: string) => `ftp://me:${secret}@h.example/a`,
      (secret: string) => `me:${secret}@h.example`,
      (secret: string) => `https://me:${secret}/x@h:99999`
    ]
  ],
  [
    Secrets.options,
    [
      (secret: string) => `-Xmx1g -Dhttps.proxyPassword=${secret}`,
      (secret: string) => `-Djavax.net.ssl.trustStorePass=${secret}`,
      (secret: string) => `-Dproxy=http://me:${secret}@h`,
      (secret: string) => `-Dhttps.proxyPassword= ${secret}`,
      (secret: string) => `-javaagent:a.jar=${secret}`
    ]
  ],
  [
    Secrets.providers,
    [
      (secret: string) => `com.example.P|AKIA|${secret}`,
      (secret: string) => `default,com.example.MyProfileStore|${secret}`,
      (secret: string) => `AKIA:${secret}`
    ]
  ],
  [Secrets.whole, [(secret: string) => secret]]
])

interface Key {
  /** From the top of the file. */
  readonly path: ReadonlyArray<string>
  readonly values: ReadonlyArray<(secret: string) => string>
}

const PROPERTIES = [
  'AwsCredentialsProviderDynamoDB',
  'kinesisClient.secretAccessKey',
  'kinesisClient.credentialsProvider.x',
  'dynamoDbClient.password',
  'awsSecretKey',
  'cloudWatchClient.authToken'
]

const HEADERS = ['authorization', 'x-api-key', 'x-anything']

const sink = (type: string, more: object): object => ({ type, ...more })

/** Every key of the tables whose codec says that it may hold a secret, and those whose names are the user's own. */
const keys: ReadonlyArray<Key> = [
  ...Config.keys.flatMap(({ path, codec }) =>
    codec instanceof Secrets.Secret ? [{ path: path.split('.'), values: values.get(codec.reader) ?? [] }] : []
  ),
  ...SinkSettings.kinds.flatMap((kind) =>
    SinkSettings.isKind(kind)
      ? SinkSettings.fieldsOf(kind).flatMap(({ path, codec }) =>
          codec instanceof Secrets.Secret && path !== 'headers'
            ? [{ path: ['sinks', kind, ...path.split('.')], values: values.get(codec.reader) ?? [] }]
            : []
        )
      : []
  ),
  ...HEADERS.map((name) => ({
    path: ['sinks', 'http', 'headers', name],
    values: [
      (secret: string) => `Bearer ${secret}`,
      (secret: string) => secret,
      (secret: string) => `${secret}\${TOKEN}`
    ]
  })),
  ...PROPERTIES.map((name) => ({
    path: ['daemon', 'properties', name],
    values: [(secret: string) => (/Provider/.test(name) ? `com.example.P|${secret}` : secret)]
  }))
]

const quoted = (text: string): string => JSON.stringify(text)

/** What a user, or a slip, makes of the value: a line of YAML after the key's colon. */
const shapes: ReadonlyArray<(value: string, secret: string) => string> = [
  quoted,
  (value) => `[${quoted(value)}, 5]`,
  (value) => `[[${quoted(value)}]]`,
  (value) => `{ a: ${quoted(value)} }`,
  (_, secret) => `{ ${secret} }`,
  (value) => `!${value}`,
  (_, secret) => `*${secret}`,
  (_, secret) => `&${secret}`,
  (_, secret) => `|${secret}`,
  (_, secret) => `>${secret}`,
  (_, secret) => `%${secret}`,
  (_, secret) => `@${secret}`,
  (_, secret) => `\`${secret}`,
  (value) => `"${value}`,
  (value) => `'${value}' x`,
  (value) => `a: ${value}: b`,
  (value) => `[${value}`,
  (value) => `{ a: ${value}`,
  (value) => `"\\q${value}"`,
  (value) => `${value}\n\t${value}`,
  (value) => `${quoted(value)}\n  ${quoted(value)}`
]

/** The rest of a sink, so that it has but the one mistake. */
const REQUIRED: Readonly<Record<string, object>> = {
  http: sink('http', { url: 'https://h.example/' }),
  sqs: sink('sqs', { queueUrl: 'https://h.example/q' }),
  kinesis: sink('kinesis', { streamName: 'orders' })
}

/** A file with this text at the key, all else right; `misspelt` is at the level of that name. */
const fileOf = (path: ReadonlyArray<string>, text: string, misspelt: number | null): string => {
  const names = path.map((name, i) => (i === misspelt ? `${name}x` : name))
  const lines = names.map((name, i) => `${'  '.repeat(i)}${quoted(name)}:`)
  const others = Object.entries(path[0] === 'sinks' ? (REQUIRED[path[1] ?? ''] ?? {}) : {})
    .filter(([name]) => name !== path[2])
    .map(([name, value]: readonly [string, unknown]) => `    ${name}: ${String(value)}`)
  const body = [...lines.slice(0, 2), ...others, ...lines.slice(2)].join('\n')
  return `handler: ./handler.js\n${body} ${text}\n`
}

const isIn = (text: string, secret: string): boolean =>
  [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4)].some((form) =>
    text.includes(form)
  )

const secretOf = fc
  .tuple(fc.constantFrom('s3', 'Zq9'), fc.stringMatching(/^[A-Za-z0-9_-]{10,18}$/), fc.boolean())
  .map(([start, rest, isNumber]) =>
    isNumber ? `8${[...rest].map((c) => String(c.charCodeAt(0) % 10)).join('')}` : start + rest
  )

/** All that check, config and a child or a worker would print. */
const wordsOf = async (folder: string, env: Readonly<Record<string, string>>, key: Key): Promise<string> => {
  const request = { cwd: folder, file: null, env, flags: {}, handlerRequired: true }
  const loaded = loadIn(folder, { env })
  return [
    ...(E.isLeft(loaded) ? loaded.left.map(ConfigSearch.show) : [JSON.stringify(loaded.right.origins)]),
    config(request).text,
    ...(key.path[0] === 'sinks' && E.isRight(loaded) ? [] : [(await check(request)).text])
  ].join('\n')
}

const RUNS = Number(process.env['KCLTS_RUNS'] ?? 300)

describe('a secret', () => {
  it('is in no word of check, config and what a child or a worker would print', async () => {
    const cases = fc.record({
      key: fc.constantFrom(...keys),
      secret: secretOf,
      value: fc.nat(),
      shape: fc.constantFrom(...shapes),
      misspelt: fc.option(fc.nat(2), { nil: null, freq: 3 })
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ key, secret, value, shape, misspelt }) => {
        const text = key.values[value % key.values.length]?.(secret) ?? secret
        const file = fileOf(key.path, shape(text, secret), misspelt)
        const folder = project({ 'kcl.config.yaml': file, 'handler.js': 'exports.handler = () => true\n' })
        const words = await wordsOf(folder, {}, key)
        assert.ok(!isIn(words, secret), `${file}\n${words}`)
      }),
      { numRuns: RUNS }
    )
  })

  it('that a variable of the environment brings into a file is in no word, and is found where others say it', async () => {
    const cases = fc.record({
      key: fc.constantFrom(...keys),
      secret: secretOf,
      value: fc.nat(),
      isWhole: fc.boolean(),
      mark: fc.constantFrom('${S3CRET}', '${S3CRET:-}', '${NONE:-@}'),
      misspelt: fc.option(fc.nat(2), { nil: null, freq: 3 })
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ key, secret, value, isWhole, mark, misspelt }) => {
        const text = key.values[value % key.values.length]?.(secret) ?? secret
        const brought = isWhole ? text : secret
        // A default stands in the file itself, and is as secret as any text there.
        const variable = mark.replace('@', () => brought.replaceAll('${TOKEN}', ''))
        const written = isWhole ? variable : text.replaceAll(secret, () => variable)
        const file = fileOf(key.path, quoted(written), misspelt)
        const folder = project({ 'kcl.config.yaml': file, 'handler.js': 'exports.handler = () => true\n' })
        const env = { S3CRET: brought, TOKEN: 'x' }
        const words = await wordsOf(folder, env, key)
        assert.ok(!isIn(words, secret), `${file}\n${words}`)
        const loaded = loadIn(folder, { env })
        if (E.isLeft(loaded) || key.path.includes('x-anything')) return
        const said = Secrets.hide(ConfigSecrets.of(loaded.right.config, env))(`401: ${secret} is wrong`)
        assert.ok(!isIn(said, secret), `${file}\n${said}`)
      }),
      { numRuns: Math.ceil(RUNS / 2) }
    )
  })

  it('is in no word about a variable or a flag', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...keys.filter(({ path }) => path.length === 2)),
        secretOf,
        fc.nat(),
        (key, secret, n) => {
          const text = key.values[n % key.values.length]?.(secret) ?? secret
          const name = key.path.join('.')
          for (const given of [
            { env: { [Config.variableOf(name)]: text }, flags: {} },
            { env: { [`${Config.variableOf(name)}X`]: text }, flags: {} },
            { env: {}, flags: { [Config.flagOf(name)]: `[${text}]` } }
          ]) {
            const folder = project({ 'kcl.config.yaml': 'handler: ./handler.js\n' })
            const words = config({ cwd: folder, file: null, handlerRequired: true, ...given }).text
            assert.ok(!isIn(words, secret), words)
          }
        }
      ),
      { numRuns: RUNS }
    )
  })

  it('of a .properties file is in no word about what is wrong, or left out', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PROPERTIES, 'timeoutInSeconds.password', 'kinesisEndpoint'),
        secretOf,
        (name, secret) => {
          const value = name === 'kinesisEndpoint' ? `ftp://me:${secret}@h` : secret
          const folder = project({
            'old.properties': `${name}x = ${value}\n${name} = ${value}\n${name} = 1\n`
          })
          // What is taken over has to be whole: it is the new configuration.
          const report = importProperties(folder, 'old.properties', '3.1.3').text
          const text = report.replace(/^[^#]*$/gm, '')
          assert.ok(!isIn(text, secret), text)
        }
      ),
      { numRuns: RUNS }
    )
  })

  it('of a right configuration is found, so that what others say is rid of it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), secretOf, fc.nat(), (key, secret, n) => {
        const text = key.values[n % key.values.length]?.(secret) ?? secret
        const loaded = loadIn(project({ 'kcl.config.yaml': fileOf(key.path, quoted(text), null) }))
        if (E.isLeft(loaded) || key.path.includes('x-anything')) return
        const hide = Secrets.hide(ConfigSecrets.of(loaded.right.config, {}))
        for (const said of [
          `401: ${secret} is wrong`,
          `{"authorization":"Bearer ${secret}"}`,
          `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`
        ])
          assert.ok(!isIn(hide(said), secret), `${key.path.join('.')}: ${text}: ${hide(said)}`)
      }),
      { numRuns: RUNS }
    )
  })
})
