/** What else than plain JSON arrives in a stream: lines, gzip, CloudWatch Logs, changes of DynamoDB. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import * as t from 'io-ts'
import { z } from 'zod'
import { ack, decodeJson, reject, skip, type Handler } from '../../src/index'
import {
  decodeCloudWatchLogs,
  decodeDynamoDb,
  decodeJsonLines,
  decodeLines,
  exactIntegers,
  type Change,
  type LogEvents
} from '../../src/payload'
import { context, record } from '../../src/testing'

const zipped = (text: string): Uint8Array => gzipSync(text)

const Order = z.object({ id: z.string(), total: z.number() })

describe('decodeJson with gzip', () => {
  const handler = decodeJson(Order, { gzip: true })(({ id }) => reject(id))
  const json = JSON.stringify({ id: 'o-1', total: 1 })

  it('takes what is compressed, and what is not', () => {
    assert.deepEqual(handler(record({ data: zipped(json) })), reject('o-1'))
    assert.deepEqual(handler(record({ text: json })), reject('o-1'))
  })

  it('takes a payload of several members', () => {
    const data = Buffer.concat([zipped(json.slice(0, 5)), zipped(json.slice(5))])
    assert.deepEqual(handler(record({ data })), reject('o-1'))
  })

  it('rejects what is cut, broken, no text or no JSON', () => {
    const reasons = [
      zipped(json).subarray(0, -9),
      Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('hello, world')]),
      gzipSync(Buffer.from([0x22, 0xc3, 0x28, 0x22])),
      zipped('hello')
    ].map((data) => handler(record({ data })).reason)
    assert.deepEqual(reasons, [
      'the data begins as gzip does, but cannot be decompressed: unexpected end of file',
      'the data begins as gzip does, but cannot be decompressed: unknown compression method',
      'the decompressed data is not UTF-8 text',
      'the decompressed data is not JSON: Unexpected token \'h\', "hello" is not valid JSON'
    ])
  })

  it('rejects what would fill the memory', () => {
    const data = gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20))
    assert.deepEqual(handler(record({ data })), reject('the data is gzip of more than 64 MiB'))
  })

  it('is off unless it is asked for', () =>
    assert.match(
      decodeJson(Order)(() => reject(''))(record({ data: zipped(json) })).reason,
      /^the data is not UTF-8 text: it begins as gzip data \(1F 8B\) does$/
    ))
})

describe('decodeLines', () => {
  const lines = (payload: Parameters<typeof record>[0]): ReadonlyArray<string> => {
    const found: Array<string> = []
    const handler: Handler = decodeLines((all) => {
      found.push(...all)
      return ack()
    })
    assert.deepEqual(handler(record(payload)), ack())
    return found
  }

  it('gives the lines without their ends', () => {
    assert.deepEqual(lines({ text: 'a\nb\r\n\nc\n' }), ['a', 'b', '', 'c'])
    assert.deepEqual(lines({ text: 'a' }), ['a'])
    assert.deepEqual(lines({ text: '' }), [])
    assert.deepEqual(lines({ text: 'one\u2028line' }), ['one\u2028line'])
    assert.deepEqual(lines({ data: zipped('a\nb\n') }), ['a', 'b'])
  })

  it('rejects what is no text', () =>
    assert.deepEqual(
      decodeLines(() => reject(''))(record({ data: Buffer.from([0xc3, 0x28]) })),
      reject('the data is not UTF-8 text')
    ))

  it('has a form for effects', async () => {
    const handler = decodeLines.effect(async (all) => Promise.resolve(skip(all.join())))
    assert.deepEqual(await handler(record({ text: 'a\nb' }), context()), skip('a,b'))
  })
})

describe('decodeJsonLines', () => {
  const handler = decodeJsonLines(Order)((orders) => skip(orders.map(({ id }) => id).join()))

  it('gives the values, and passes over blank lines', () =>
    assert.deepEqual(
      handler(record({ text: '{"id":"a","total":1}\n\n{"id":"b","total":2}\n' })),
      skip('a,b')
    ))

  it('rejects the record for one line, and names it', () => {
    assert.deepEqual(
      handler(record({ text: '{"id":"a","total":1}\n{"id":"b"}\n' })),
      reject('line 2: total: expected number, found nothing')
    )
    assert.deepEqual(
      handler(record({ text: 'a' })),
      reject('line 1: not JSON: Unexpected token \'a\', "a" is not valid JSON')
    )
  })

  it('takes a parser, and a codec of io-ts', () => {
    const big = decodeJsonLines(t.bigint, { parse: exactIntegers })((values) => skip(values.join()))
    assert.deepEqual(
      big(record({ text: '9007199254740993\n-9007199254740993' })),
      skip('9007199254740993,-9007199254740993')
    )
  })
})

describe('exactIntegers', () => {
  it('keeps integers above 2^53 as they are written', () =>
    assert.deepEqual(
      exactIntegers(
        ' { "id" : 9223372036854775807 , "ids": [ -9007199254740993, 9007199254740991, 1e20, 12345678901234567890.5 ],' +
          ' "text": "9223372036854775807 \\" \\\\", "yes": true, "no": null, "empty": {}, "list": [ ] } '
      ),
      {
        id: 9223372036854775807n,
        ids: [-9007199254740993n, 9007199254740991, 1e20, Number('12345678901234567890.5')],
        text: '9223372036854775807 " \\',
        yes: true,
        no: null,
        empty: {},
        list: []
      }
    ))

  it('takes the last of repeated keys, and __proto__ for a key as any other', () => {
    const value = exactIntegers('{"a":1,"a":9007199254740993,"__proto__":{"b":1}}')
    assert.deepEqual(Object.entries(value as object), [
      ['a', 9007199254740993n],
      ['__proto__', { b: 1 }]
    ])
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  })

  it('throws as JSON.parse does', () =>
    assert.throws(() => exactIntegers('{"a":9007199254740993,}'), SyntaxError))

  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? Number(value) : value

  it('is JSON.parse but for the integers that JSON.parse rounds', () =>
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 2), (text, indent) => {
        const json = JSON.stringify([JSON.parse(text), 9007199254740991, '1234567890123456'], null, indent)
        assert.equal(JSON.stringify(exactIntegers(json), rounded), JSON.stringify(JSON.parse(json)))
      })
    ))

  it('is exact for every integer', () =>
    fc.assert(
      fc.property(fc.bigInt(), (n) => {
        assert.equal(BigInt(exactIntegers(String(n)) as bigint), n)
      })
    ))
})

describe('decodeCloudWatchLogs', () => {
  /** As the documentation of CloudWatch Logs shows it. */
  const envelope = {
    owner: '111111111111',
    logGroup: 'CloudTrail/logs',
    logStream: '111111111111_CloudTrail/logs_us-east-1',
    subscriptionFilters: ['Destination'],
    messageType: 'DATA_MESSAGE',
    logEvents: [
      {
        id: '31953106606966983378809025079804211143289615424298221568',
        timestamp: 1432826855000,
        message: '{"eventVersion":"1.03","userIdentity":{"type":"Root"}}'
      },
      {
        id: '31953106606966983378809025079804211143289615424298221569',
        timestamp: 1432826855001,
        message: 'a line',
        extractedFields: { level: 'INFO' }
      }
    ]
  }
  const handler = decodeCloudWatchLogs((logs) => reject(JSON.stringify(logs)))
  const data = (value: unknown): Uint8Array => zipped(JSON.stringify(value))

  it('takes the envelope apart into its events', () => {
    const decision = handler(record({ data: data(envelope) }))
    const expected: LogEvents = {
      owner: '111111111111',
      logGroup: 'CloudTrail/logs',
      logStream: '111111111111_CloudTrail/logs_us-east-1',
      subscriptionFilters: ['Destination'],
      events: [
        { ...envelope.logEvents[0]!, extractedFields: null },
        { ...envelope.logEvents[1]!, extractedFields: { level: 'INFO' } }
      ]
    }
    assert.deepEqual(decision, reject(JSON.stringify(expected)))
  })

  it('skips a control message', () => {
    const control = {
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logGroup: '',
      logStream: '',
      subscriptionFilters: [],
      logEvents: [
        {
          id: '',
          timestamp: 1432826855000,
          message: 'CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.'
        }
      ]
    }
    assert.deepEqual(handler(record({ data: data(control) })), skip('a control message of CloudWatch Logs'))
  })

  it('rejects what is no envelope', () => {
    assert.deepEqual(
      handler(record({ data: data({ ...envelope, messageType: 'NEW_MESSAGE' }) })),
      reject('messageType: expected DATA_MESSAGE or CONTROL_MESSAGE, found NEW_MESSAGE')
    )
    assert.deepEqual(
      handler(record({ data: data({ ...envelope, logEvents: [{ id: '1', timestamp: 1 }] }) })),
      reject('logEvents[0].message: expected string, found nothing')
    )
  })

  it('has a form for effects', async () => {
    const asking = decodeCloudWatchLogs.effect(async ({ events }) =>
      Promise.resolve(skip(String(events.length)))
    )
    assert.deepEqual(await asking(record({ data: data(envelope) }), context()), skip('2'))
  })
})

describe('decodeDynamoDb', () => {
  /** As a table's Kinesis destination sends it. */
  const change = (eventName: string, images: object, more: object = {}): unknown => ({
    awsRegion: 'eu-west-1',
    eventID: 'c0e5ba1d-7d4c-4a9e-8a3b-6c2b8c2f8d11',
    eventName,
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'orders',
    dynamodb: {
      ApproximateCreationDateTime: 1640276115236,
      Keys: { id: { S: 'o-1' } },
      ...images,
      SizeBytes: 72
    },
    eventSource: 'aws:dynamodb',
    ...more
  })
  const image = (total: string): unknown => ({ id: { S: 'o-1' }, total: { N: total } })
  const common = { eventId: 'c0e5ba1d-7d4c-4a9e-8a3b-6c2b8c2f8d11', tableName: 'orders', keys: { id: 'o-1' } }

  const changeIn = (json: unknown): Change<z.infer<typeof Order>> | string => {
    const seen: Array<Change<z.infer<typeof Order>>> = []
    const decision = decodeDynamoDb(Order)((one) => {
      seen.push(one)
      return ack()
    })(record({ json }))
    return seen[0] ?? ('reason' in decision ? decision.reason : decision._tag)
  }

  it('gives the images before and after', () => {
    const at = 1640276115236
    assert.deepEqual(
      [
        changeIn(change('INSERT', { NewImage: image('12.5') })),
        changeIn(change('MODIFY', { OldImage: image('12.5'), NewImage: image('13') })),
        changeIn(change('REMOVE', { OldImage: image('13') }))
      ],
      [
        {
          ...common,
          at,
          isExpiry: false,
          eventName: 'INSERT',
          before: null,
          after: { id: 'o-1', total: 12.5 }
        },
        {
          ...common,
          at,
          isExpiry: false,
          eventName: 'MODIFY',
          before: { id: 'o-1', total: 12.5 },
          after: { id: 'o-1', total: 13 }
        },
        { ...common, at, isExpiry: false, eventName: 'REMOVE', before: { id: 'o-1', total: 13 }, after: null }
      ]
    )
  })

  it('knows a removal by the time to live, and a time in microseconds', () => {
    const expiry = change(
      'REMOVE',
      {
        OldImage: image('13'),
        ApproximateCreationDateTime: 1640276115236789,
        ApproximateCreationDateTimePrecision: 'MICROSECOND'
      },
      { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }
    )
    const found = changeIn(expiry)
    assert.deepEqual(typeof found === 'string' ? found : [found.at, found.isExpiry], [1640276115236, true])
  })

  it('rejects what is no change, or an image that the schema does not take', () =>
    assert.deepEqual(
      [
        changeIn({ id: 'o-1' }),
        changeIn(change('INSERT', {})),
        changeIn(change('INSERT', { NewImage: { id: { S: 'o-1' }, total: { S: '12' } } })),
        changeIn(change('INSERT', { NewImage: { total: { N: 12 } } })),
        changeIn(change('INSERT', { NewImage: { total: { N: '12' }, x: { L: [{ Q: 1 }] } } }))
      ],
      [
        'eventID: expected string, found nothing; eventName: expected "INSERT" | "MODIFY" | "REMOVE", found nothing; ' +
          'tableName: expected string, found nothing; dynamodb: expected { ApproximateCreationDateTime: number, Keys: unknown } ' +
          'or Partial<{ ApproximateCreationDateTimePrecision: string, NewImage: unknown, OldImage: unknown }>, found nothing',
        'dynamodb.NewImage: expected attributes by name, found nothing',
        'dynamodb.NewImage: total: expected number, found "12"',
        'dynamodb.NewImage.total: expected the text of a number, found 12',
        'dynamodb.NewImage.x[0]: expected an attribute of DynamoDB, found {"Q":1}'
      ]
    ))

  /** What an attribute becomes. */
  const value = (attribute: unknown, numbers?: (text: string) => unknown): unknown => {
    const seen: Array<unknown> = []
    const decision = decodeDynamoDb(
      t.UnknownRecord,
      numbers === undefined ? {} : { numbers }
    )((one) => {
      seen.push(one.after?.['a'])
      return ack()
    })(record({ json: change('INSERT', { NewImage: { a: attribute } }) }))
    return 'reason' in decision ? decision.reason : seen[0]
  }

  it('unmarshals every type', () =>
    assert.deepEqual(
      value({
        M: {
          text: { S: '' },
          number: { N: '-1.5' },
          binary: { B: 'AAEC' },
          yes: { BOOL: true },
          nothing: { NULL: true },
          texts: { SS: ['a', 'b'] },
          numbers: { NS: ['1', '9007199254740993'] },
          binaries: { BS: ['AA=='] },
          list: { L: [{ S: 'a' }, { L: [] }] },
          map: { M: { inner: { N: '0' } } }
        }
      }),
      {
        text: '',
        number: -1.5,
        binary: new Uint8Array([0, 1, 2]),
        yes: true,
        nothing: null,
        texts: new Set(['a', 'b']),
        numbers: new Set([1, 9007199254740993n]),
        binaries: new Set([new Uint8Array([0])]),
        list: ['a', []],
        map: { inner: 0 }
      }
    ))

  it('keeps every number exact', () => {
    const texts = [
      ...['0', '-0', '0.0', '100', '1.50', '0.1', '1e-7', '1E+2', '9007199254740991'],
      ...['9007199254740992', '-9007199254740993', '1e20', '12345678901234567890123456789012345678'],
      ...['0.1234567890123456789', '1.00000000000000000001', '1e-130', '9.99E125']
    ]
    assert.deepEqual(
      texts.map((N) => value({ N })),
      [
        ...[0, 0, 0, 100, 1.5, 0.1, 1e-7, 100, 9007199254740991],
        ...[
          9007199254740992n,
          -9007199254740993n,
          100000000000000000000n,
          12345678901234567890123456789012345678n
        ],
        ...['0.1234567890123456789', '1.00000000000000000001', 1e-130, 999n * 10n ** 123n]
      ]
    )
  })

  it('makes numbers into what is asked for', () => {
    assert.deepEqual([value({ N: '1.50' }, String), value({ N: '1' }, BigInt)], ['1.50', 1n])
    assert.match(
      String(value({ N: '1.5' }, BigInt)),
      /^dynamodb\.NewImage\.a: Cannot convert 1\.5 to a BigInt$/
    )
  })

  it('rejects what DynamoDB does not write', () =>
    assert.deepEqual(
      [{ N: 'NaN' }, { N: '1e9999999' }, { B: 'a' }, { SS: 'a' }, { S: 'a', N: '1' }, {}, null].map((one) =>
        value(one)
      ),
      [
        'dynamodb.NewImage.a: expected the text of a number, found "NaN"',
        'dynamodb.NewImage.a: expected the text of a number, found "1e9999999"',
        'dynamodb.NewImage.a: expected base64, found "a"',
        'dynamodb.NewImage.a: expected a list, found "a"',
        'dynamodb.NewImage.a: expected an attribute of one type, found {"S":"a","N":"1"}',
        'dynamodb.NewImage.a: expected an attribute of DynamoDB, found {}',
        'dynamodb.NewImage.a: expected an attribute of DynamoDB, found null'
      ]
    ))

  it('narrows a change by its name', async () => {
    const handler = decodeDynamoDb.effect(Order)(async (one) =>
      Promise.resolve(one.eventName === 'REMOVE' ? skip(one.before.id) : skip(String(one.after.total)))
    )
    assert.deepEqual(
      await handler(record({ json: change('INSERT', { NewImage: image('7') }) }), context()),
      skip('7')
    )
  })
})
