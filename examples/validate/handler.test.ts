import { deepStrictEqual } from 'node:assert'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { ack, emit, reject } from 'kclts'
import { type Settings, record, run } from 'kclts/testing'
import { dev, withFolder } from '../dev'
import { handler } from './handler'

const reading = { sensor: 's-1', at: '2026-09-14T08:00:00Z', temperature: 21.5 }
const at = new Date(reading.at)

test('a good reading goes on, with its date as a Date', () => {
  deepStrictEqual(
    handler(record({ json: reading })),
    emit('readings', { ...reading, at }, { key: 's-1' })(ack())
  )
})

const rejections: ReadonlyArray<readonly [unknown, string]> = [
  [{ ...reading, temperature: 400 }, 'temperature: expected -90 to 60 °C, found 400'],
  [{ ...reading, temperature: '21.5' }, 'temperature: expected -90 to 60 °C, found "21.5"'],
  [
    { ...reading, at: 'yesterday' },
    'at: expected an instant such as 2026-01-31T23:59:59Z, found "yesterday"'
  ],
  [
    { at: reading.at },
    'sensor: expected string, found nothing; temperature: expected -90 to 60 °C, found nothing'
  ]
]
for (const [json, reason] of rejections)
  test(`a bad one is rejected: ${reason}`, () => {
    deepStrictEqual(handler(record({ json })), reject(reason))
  })

test('so is one from the future', () => {
  const arrival = { approximateArrivalTimestamp: at.getTime() - 61_000 }
  deepStrictEqual(handler(record({ json: reading, ...arrival })), reject('the clock of the sensor is ahead'))
})

test('with the YAML: fifty bad ones in a row halt the worker, and no checkpoint covers them', () => {
  const { failure, checkpoint } = parse(
    fs.readFileSync(`${__dirname}/kcl.config.yaml`, 'utf8')
  ) as Required<Settings>
  const consume = (count: number) => {
    const bad = Array.from({ length: count }, () => record({ json: { ...reading, temperature: 400 } }))
    const { exit, stored } = run(handler, { failure, checkpoint }, bad)
    return { exit, stored }
  }
  deepStrictEqual(consume(50), { exit: 1, stored: null })
  deepStrictEqual(consume(49).exit, 0)
})

const linesOf = (file: string): ReadonlyArray<Readonly<Record<string, unknown>>> =>
  fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>)

test('with the YAML: good ones in the file, encoded; bad ones in the dead letters, each with its reason', () =>
  withFolder(async (folder) => {
    // Its paths are relative to the YAML: what the run writes goes to the folder.
    const yaml = fs.readFileSync(`${__dirname}/kcl.config.yaml`, 'utf8')
    fs.writeFileSync(`${folder}/kcl.config.yaml`, yaml.replace('./handler.ts', `${__dirname}/handler.ts`))
    const input = fs.readFileSync(`${__dirname}/input.ndjson`, 'utf8')
    await dev('validate', [input], ['--config', `${folder}/kcl.config.yaml`, '--state', `${folder}/state`])
    deepStrictEqual(
      linesOf(`${folder}/readings.ndjson`).map(({ value }) => value),
      [
        { sensor: 's-1', at: '2026-09-14T08:00:00.000Z', temperature: 21.5 },
        { sensor: 's-1', at: '2026-09-14T08:00:30.000Z', temperature: 21.75 }
      ]
    )
    const reasons = [...rejections.map(([, reason]) => reason), 'the clock of the sensor is ahead']
    deepStrictEqual(
      linesOf(`${folder}/dead-letters.ndjson`).map(({ reason, handlerVersion }) => [reason, handlerVersion]),
      reasons.map((reason) => [reason, '2.1.0'])
    )
  }))
