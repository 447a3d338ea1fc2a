/** What `kcl.schema.json` must say, from the tables of keys: draft-07, which editors of YAML know. */
import type { Json } from '../../src/values/Codec'
import * as Config from '../../src/config/Config'
import * as KnownProperties from '../../src/config/KnownProperties'
import * as SinkSettings from '../../src/sinks/Settings'
import { sections } from '../../src/sinks/kinds/Kind'

type Schema = Readonly<Record<string, unknown>>

const VARIABLE = { $ref: '#/definitions/variable' }

/** A variable may stand for any value, or for a part of it. */
const orVariable = ({ items, ...json }: Json): Schema => {
  const own = items === undefined ? json : { ...json, items: orVariable(items) }
  const isAnyText = json.type === 'string' && json.pattern === undefined
  return json.type === 'object' || isAnyText ? own : { anyOf: [own, VARIABLE] }
}

/** The words of an editor that knows no Markdown, and of one that does. */
const described = (lines: ReadonlyArray<string>): Schema => ({
  description: lines.join('\n').replaceAll('`', ''),
  markdownDescription: lines.join('\n\n')
})

const code = (text: unknown): string => `\`${String(text)}\``

const defaultOf = ({ fallback }: Config.Key): string => {
  if (fallback === undefined) return 'It must be given.'
  return fallback === null ? 'Not set by default.' : `Default: ${code(fallback)}.`
}

/** A key with all that is known of it; `names` are the other ways to set it. */
const keyOf = (key: Config.Key, names: ReadonlyArray<string>): Schema => {
  const { codec, meaning, fallback, example } = key
  const isShown = example !== undefined && example !== fallback && codec.json.type !== 'object'
  return {
    ...described([meaning, `Value: ${codec.name}. ${defaultOf(key)}`, ...names]),
    ...(fallback === undefined || fallback === null ? {} : { default: fallback }),
    ...(isShown ? { examples: [example] } : {}),
    ...orVariable(codec.json)
  }
}

/** Keys below their sections; of a section that is all commented out YAML gives null. */
const mapOf = (
  keys: ReadonlyArray<Config.Key>,
  one: (key: Config.Key) => Schema,
  section: (name: string, properties: Schema) => Schema
): Schema => {
  const names = [...new Set(keys.map(({ path }) => path.split('.')[0] ?? ''))]
  return Object.fromEntries(
    names.map((name) => {
      const below = keys.filter(({ path }) => path.startsWith(`${name}.`))
      const [own] = keys.filter(({ path }) => path === name)
      return [
        name,
        own === undefined
          ? section(name, Object.fromEntries(below.map((key) => [key.path.slice(name.length + 1), one(key)])))
          : one(own)
      ]
    })
  )
}

/** The names that versions of the KCL know, for an editor to complete; a builder of a client has further ones. */
const properties: Schema = {
  ...described([Config.sectionMeanings['daemon.properties'] ?? '']),
  type: ['object', 'null'],
  properties: Object.fromEntries(
    KnownProperties.all
      .filter(({ name }) => !KnownProperties.reserved.has(name))
      .map(({ name, type, fallback }) => [
        name,
        {
          ...described([`Value: ${type}. ${fallback === null ? '' : `Default: ${code(fallback)}.`}`.trim()]),
          type: ['string', 'number', 'boolean']
        }
      ])
  ),
  additionalProperties: { type: ['string', 'number', 'boolean'] }
}

const top = (): Schema => {
  const one = (key: Config.Key): Schema =>
    keyOf(key, [
      `Flag: ${code(`--${Config.flagOf(key.path)}`)}. Variable: ${code(Config.variableOf(key.path))}.`
    ])
  return mapOf(Config.keys, one, (name, keys) => ({
    ...described([Config.sectionMeanings[name] ?? '']),
    type: ['object', 'null'],
    properties: name === 'daemon' ? { ...keys, properties } : keys,
    additionalProperties: false
  }))
}

const required = (keys: ReadonlyArray<string>): Schema => ({ required: keys })

const sinkOf = (kind: SinkSettings.Kind): Schema => {
  const fields = SinkSettings.fieldsOf(kind)
  const { exactlyOne } = SinkSettings.kindOf(kind)
  const own = mapOf(
    fields,
    (key) => keyOf(key, []),
    (name, keys) => ({
      ...described([sections[name] ?? '']),
      type: 'object',
      properties: keys,
      additionalProperties: false
    })
  )
  return {
    properties: { type: true, ...own },
    additionalProperties: false,
    ...required(fields.filter(({ fallback }) => fallback === undefined).map(({ path }) => path)),
    ...(exactlyOne === undefined ? {} : { oneOf: exactlyOne.map((key) => required([key])) })
  }
}

const kinds = SinkSettings.kinds.filter(SinkSettings.isKind)

const sinks = (): Schema => ({
  ...described([Config.sectionMeanings['sinks'] ?? '']),
  type: ['object', 'null'],
  propertyNames: { pattern: '^[A-Za-z0-9_-]+$' },
  additionalProperties: {
    type: 'object',
    properties: {
      type: {
        ...described([`Where the sink sends to: ${kinds.join(', ')}.`]),
        anyOf: [{ enum: kinds }, VARIABLE]
      }
    },
    ...required(['type']),
    allOf: kinds.map((kind) => ({
      if: { properties: { type: { const: kind } }, ...required(['type']) },
      then: sinkOf(kind)
    }))
  }
})

export const jsonSchema = (): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The configuration of kclts',
  type: ['object', 'null'],
  properties: {
    $schema: { ...described(['Where an editor finds this schema. kclts does not read it.']) },
    ...top(),
    sinks: sinks()
  },
  // For anchors.
  patternProperties: { '^x-': true },
  additionalProperties: false,
  definitions: {
    variable: {
      ...described([
        '`${NAME}` stands for the environment variable of that name; `${NAME:-default}` gives a default for one that is not set or is empty.'
      ]),
      type: 'string',
      pattern: '\\$\\{[A-Za-z_]'
    }
  }
})
