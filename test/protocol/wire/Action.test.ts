import * as assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as fc from 'fast-check'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import { Program } from '../../../src/protocol/wire/scan/Program'
import * as Action from '../../../src/protocol/Action'
import { record, records } from '../../../src/testing'
import * as Arbitraries from '../../../src/testing/Arbitraries'

const SHARD = 'shardId-000000000000'
const decode = ActionCodec.decode(SHARD)

/** Lines as Amazon's Jackson wrote them, batches shortened; the first of each was seen on the wire. */
const seen = {
  initialize:
    '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}',
  resumed:
    '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"49680482836422120764557368231028967285100815946709205042","subSequenceNumber":0}',
  records:
    '{"action":"processRecords","records":[{"data":"YXNjaWk=","partitionKey":"plain","sequenceNumber":"49680483392981818684286129974276650850424964836602413058","approximateArrivalTimestamp":1795416705052,"subSequenceNumber":0,"action":"record"},{"data":"eA==","partitionKey":"clé-☃-😀","sequenceNumber":"49680483392981818684286129974277859776244579465777119234","approximateArrivalTimestamp":1795416705080,"subSequenceNumber":0,"action":"record"},{"data":"dHdv","partitionKey":"agg-pk","sequenceNumber":"49680483392981818684286129974280277627883808724126531586","approximateArrivalTimestamp":null,"subSequenceNumber":1,"action":"record"}],"millisBehindLatest":0}',
  empty: '{"action":"processRecords","records":[],"millisBehindLatest":null}',
  leaseLost: '{"action":"leaseLost"}',
  shardEnded: '{"action":"shardEnded"}',
  shutdownRequested: '{"action":"shutdownRequested"}',
  acknowledged:
    '{"action":"checkpoint","sequenceNumber":"49680482755358911967898553111534542105827860118841065474","subSequenceNumber":null,"error":null}',
  refused:
    '{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null,"error":"InvalidStateException"}',
  zombie: '{"action":"shutdown","reason":"ZOMBIE"}'
}

const action: fc.Arbitrary<Action.Action> = fc.oneof(
  fc
    .tuple(
      fc.option(fc.oneof(Arbitraries.digits, fc.constantFrom('LATEST', 'AT_TIMESTAMP'))),
      fc.option(fc.nat())
    )
    .map(([sequenceNumber, sub]) => Action.initialize(SHARD, sequenceNumber, sub)),
  fc
    .tuple(fc.array(Arbitraries.record, { maxLength: 5 }), fc.option(fc.nat()))
    .map(([records, behind]) => Action.processRecords(records, behind)),
  fc
    .tuple(fc.option(Arbitraries.digits), fc.option(fc.nat()), Arbitraries.checkpointError)
    .map(([sequenceNumber, sub, error]) => Action.checkpointed(sequenceNumber, sub, error)),
  fc.constantFrom(Action.leaseLost, Action.shardEnded, Action.shutdownRequested),
  fc.constantFrom('ZOMBIE' as const, 'TERMINATE' as const, 'REQUESTED' as const).map(Action.shutdown)
)

/** Plain values, for comparison: a record keeps its decoded data in a private place. */
const plain = (decoded: E.Either<string, Action.Action>): unknown => JSON.parse(JSON.stringify(decoded))

describe('Action', () => {
  for (const [name, line] of Object.entries(seen))
    it(`reads what the daemon was seen to write, and writes the same bytes: ${name}`, () =>
      assert.deepEqual(pipe(decode(line), E.map(ActionCodec.encode)), E.right(line)))

  it('gives records with the shard of the conversation, and data when asked for', () => {
    const expected = record({
      text: 'ascii',
      partitionKey: 'plain',
      sequenceNumber: '49680483392981818684286129974276650850424964836602413058',
      approximateArrivalTimestamp: 1795416705052
    })
    const records = pipe(
      decode(seen.records),
      E.match(
        () => [],
        (found) => (found._tag === 'ProcessRecords' ? found.records : [])
      )
    )
    assert.deepEqual({ ...records.at(0) }, { ...expected })
    assert.deepEqual(records.at(0)?.data, Buffer.from('ascii'))
  })

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(action, (value) =>
        assert.deepEqual(plain(decode(ActionCodec.encode(value))), plain(E.right(value)))
      )
    )
  })

  it('reads a batch without millisBehindLatest as one where it is null', () => {
    const records = fc.array(Arbitraries.record, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(records, (list) => {
        const whole = ActionCodec.encode(Action.processRecords(list, null))
        const without = whole.replace(/,"millisBehindLatest":null}$/, '}')
        assert.notEqual(without, whole)
        assert.deepEqual(plain(decode(without)), plain(decode(whole)))
      })
    )
  })

  it('takes a record without a sub-sequence number, data or arrival time, as an older daemon may write it', () => {
    const line = '{"action":"processRecords","records":[{"partitionKey":"k","sequenceNumber":"1"}]}'
    const expected = record({
      base64: '',
      partitionKey: 'k',
      sequenceNumber: '1',
      approximateArrivalTimestamp: null
    })
    assert.deepEqual(plain(decode(line)), plain(E.right(Action.processRecords([expected], null))))
  })

  it('ignores fields that it does not know, whatever their order', () => {
    const line =
      '{"new":{"action":"x"},"subSequenceNumber":3,"sequenceNumber":"7","shardId":"shardId-000000000000","action":"initialize"}'
    assert.deepEqual(decode(line), E.right(Action.initialize(SHARD, '7', 3)))
  })

  const long = 'x'.repeat(100)
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ['null', 'expected an object, found null'],
    ['[]', 'expected an object, found []'],
    ['"initialize"', 'expected an object, found "initialize"'],
    ['7', 'expected an object, found 7'],
    ['', 'not JSON: Unexpected end of JSON input'],
    ['hello', 'not JSON: Unexpected token \'h\', "hello" is not valid JSON'],
    ['{}', 'the action nothing is not known; this daemon may be newer than this kclts'],
    [
      '{"action":"constructor"}',
      'the action "constructor" is not known; this daemon may be newer than this kclts'
    ],
    [
      `{"action":"${long}"}`,
      `the action "${'x'.repeat(56)}... is not known; this daemon may be newer than this kclts`
    ],
    [
      '{"action":"shutdown","reason":"WHY"}',
      'shutdown: reason: expected "ZOMBIE" | "TERMINATE" | "REQUESTED", found "WHY"'
    ],
    ['{"action":"initialize"}', 'initialize: shardId: expected text, found nothing'],
    [
      '{"action":"initialize","shardId":null,"sequenceNumber":5,"subSequenceNumber":-1}',
      'initialize: shardId: expected text, found null; sequenceNumber: expected text or null, found 5; subSequenceNumber: expected a whole number of 0 or more or null, found -1'
    ],
    ['{"action":"checkpoint","error":5}', 'checkpoint: error: expected text or null, found 5'],
    ['{"action":"processRecords"}', 'processRecords: records: expected a list of records, found nothing'],
    [
      '{"action":"processRecords","records":{"length":1},"millisBehindLatest":0}',
      'processRecords: records: expected a list of records, found {"length":1}'
    ],
    [
      '{"action":"processRecords","records":[],"millisBehindLatest":"0"}',
      'processRecords: millisBehindLatest: expected a number of milliseconds or null, found "0"'
    ],
    [
      '{"action":"processRecords","records":[null],"millisBehindLatest":0}',
      'processRecords: records[0]: expected record, found null'
    ],
    [
      '{"action":"processRecords","records":[{"data":5,"partitionKey":null,"sequenceNumber":"007","subSequenceNumber":1.5,"approximateArrivalTimestamp":"now"}],"millisBehindLatest":0}',
      'processRecords: records[0].data: expected text or null, found 5; records[0].partitionKey: expected text, found null; records[0].sequenceNumber: expected a sequence number of decimal digits, found "007"; records[0].approximateArrivalTimestamp: expected a number of milliseconds or null, found "now"; records[0].subSequenceNumber: expected a whole number of 0 or more or null, found 1.5'
    ],
    [
      '{"action":"processRecords","records":[{"partitionKey":"k","sequenceNumber":49680482836422120764557368231028967285100815946709205042}],"millisBehindLatest":0}',
      'processRecords: records[0].sequenceNumber: expected a sequence number of decimal digits, found 4.968048283642212e+55'
    ]
  ]
  for (const [line, problem] of wrong)
    it(`says of ${line.slice(0, 60) || 'an empty line'}: ${problem.slice(0, 60)}`, () =>
      assert.deepEqual(decode(line), E.left(problem)))

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (line) => void decode(line)))
    fc.assert(
      fc.property(
        fc.json(),
        (json) => void decode(`{"action":"processRecords","records":${json},"millisBehindLatest":0}`)
      )
    )
    fc.assert(fc.property(fc.json(), (json) => void decode(`{"action":${json}}`)))
  })

  it('is read by JSON.parse where the scan fails, whatever for', () => {
    const list = records(3)
    const line = ActionCodec.encode(Action.processRecords(list, 5))
    const scan = mock.method(Program.prototype, 'scan', () => {
      throw new Error('memory access out of bounds')
    })
    try {
      assert.deepEqual(ActionCodec.read(SHARD, Buffer.from(line)), decode(line))
      assert.equal(scan.mock.callCount(), 1)
    } finally {
      scan.mock.restore()
    }
  })
})
