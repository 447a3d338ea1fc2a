/** The text of a test for `kclts/testing`. */
import * as path from 'node:path'
import type { Fields } from '../../protocol/KinesisRecord'
import * as Difference from './Difference'
import type { Ready } from './Message'

export interface Case {
  readonly record: Fields
  /** What is as it was recorded. */
  readonly kept: ReadonlyArray<string>
  /** JSON of what the new handler decides. */
  readonly expected: string
  readonly differences: ReadonlyArray<Difference.Difference>
}

export interface Given {
  readonly cases: ReadonlyArray<Case>
  readonly file: string
  readonly handler: string
  readonly exported: Ready['exported']
}

/** As `record` of `kclts/testing` makes it where a test gives nothing else. */
export const NOWHERE: Omit<Fields, 'base64'> = {
  shardId: 'shardId-000000000000',
  sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  subSequenceNumber: 0,
  partitionKey: 'pk-0',
  approximateArrivalTimestamp: 1_795_415_467_625
}

const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const indented = (text: string, by: string): string => text.split('\n').join(`\n${by}`)

const jsonOf = (text: string): string | null => {
  try {
    return JSON.stringify(JSON.parse(text) as unknown, null, 2)
  } catch {
    return null
  }
}

/** The payload in the form that says most. It must give the same bytes. */
const payload = ({ base64 }: Fields): string => {
  const data = Buffer.from(base64, 'base64')
  const text = data.toString('utf8')
  if (!Buffer.from(text).equals(data)) return `base64: '${base64}'`
  const json = jsonOf(text)
  return json !== null && JSON.stringify(JSON.parse(json)) === text
    ? `json: ${indented(json, '    ')}`
    : `text: ${literal(text)}`
}

const address = (record: Fields): ReadonlyArray<string> =>
  (Object.keys(NOWHERE) as ReadonlyArray<keyof typeof NOWHERE>).flatMap((name) => {
    const value = record[name]
    if (value === NOWHERE[name]) return []
    return [`${name}: ${typeof value === 'string' ? literal(value) : String(value)}`]
  })

const titleOf = ({ differences }: Case, number: number): string => {
  const names = [...new Set(differences.map(Difference.nameOf))]
  return `${number}: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}`
}

const caseText = (one: Case, number: number, isBatch: boolean): string => {
  const record = [payload(one.record), ...address(one.record)].join(',\n    ')
  const run = isBatch ? 'await runEffect({ batchHandler: handler }' : 'run(handler'
  const expected = indented(JSON.stringify(JSON.parse(one.expected), null, 2), '  ')
  return [
    ...(one.kept.length === 0
      ? []
      : [`// As recorded, since the difference needs it: ${one.kept.join(', ')}.`]),
    `test(${literal(titleOf(one, number))}, ${isBatch ? 'async ' : ''}() => {`,
    `  const { decisions } = ${run}, {}, [record({\n    ${record}\n  })])`,
    `  deepStrictEqual(plain(decisions), [${expected}])`,
    '})'
  ].join('\n')
}

const importOf = ({ file, handler, exported }: Given): string => {
  const isTypeScript = file.endsWith('.ts')
  const relative = path.relative(path.dirname(file), handler).split(path.sep).join('/')
  const named = relative.startsWith('.') ? relative : `./${relative}`
  if (!isTypeScript)
    return [
      `import * as module from ${literal(named)}`,
      '',
      exported === 'default'
        ? 'const handler = module.default?.default ?? module.default'
        : `const handler = module.${exported} ?? module.default?.${exported}`
    ].join('\n')
  const from = literal(named.replace(/\.ts$/, '').replace(/\.([mc])ts$/, '.$1js'))
  return exported === 'default'
    ? `import handler from ${from}`
    : `import { ${exported === 'handler' ? 'handler' : 'batchHandler as handler'} } from ${from}`
}

export const of = (given: Given): string => {
  const isBatch = given.exported === 'batchHandler'
  const isTypeScript = given.file.endsWith('.ts')
  return [
    '// Written by kclts diff: records for which the handler decided otherwise before. Data that did not matter are masked.',
    "import { deepStrictEqual } from 'node:assert/strict'",
    "import { test } from 'node:test'",
    `import { record, ${isBatch ? 'runEffect' : 'run'} } from 'kclts/testing'`,
    importOf(given),
    '',
    '/** As JSON, in which outputs reach a sink, and without the stacks of failures. */',
    `const plain = (decisions${isTypeScript ? ': unknown' : ''})${isTypeScript ? ': unknown' : ''} =>`,
    "  JSON.parse(JSON.stringify(decisions, (name, value) => (name === 'stack' ? undefined : value)))",
    '',
    given.cases.map((one, i) => caseText(one, i + 1, isBatch)).join('\n\n'),
    ''
  ].join('\n')
}
