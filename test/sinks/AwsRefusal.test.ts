import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as AwsRefusal from '../../src/sinks/AwsRefusal'
import * as Kinesis from '../../src/sinks/kinesis'
import * as Outbox from '../../src/sinks/Outbox'
import type { Entry, Sent, Transport } from '../../src/sinks/Sink'
import * as Sqs from '../../src/sinks/sqs'
import { entry, settings } from './Fake'
import * as Time from './Time'

const said = (sent: Sent): string => (sent._tag === 'Again' && sent.isDenied ? 'Denied' : sent._tag)

/** An error as the SDK throws it. */
const thrown = (name: string, httpStatusCode?: number): Error =>
  Object.assign(new Error('said the service'), { name, $metadata: { httpStatusCode } })

describe('an error of AWS for a whole request', () => {
  for (const [expected, cases] of Object.entries({
    Again: [
      ['TimeoutError', undefined],
      ['CredentialsProviderError', undefined],
      ['InternalFailure', 500],
      ['ServiceUnavailable', 503],
      ['ProvisionedThroughputExceededException', 400],
      ['LimitExceededException', 400],
      ['KMSThrottlingException', 400],
      ['RequestThrottled', 403],
      ['OverLimit', 403],
      ['Unheard', 429]
    ],
    Denied: [
      ['AccessDeniedException', 400],
      ['AccessDenied', 403],
      ['ResourceNotFoundException', 400],
      ['QueueDoesNotExist', 400],
      ['AWS.SimpleQueueService.NonExistentQueue', 400],
      ['KMSAccessDeniedException', 400],
      ['KmsDisabled', 400],
      ['ExpiredTokenException', 400],
      ['UnrecognizedClientException', 400],
      ['InvalidSignatureException', 400],
      ['InvalidClientTokenId', 403],
      ['Unheard', 401]
    ],
    Split: [
      ['ValidationException', 400],
      ['InvalidArgumentException', 400],
      ['SerializationException', 400],
      ['BatchRequestTooLong', 400],
      ['InvalidMessageContents', 400],
      ['InvalidParameterValue', 400],
      ['RequestEntityTooLarge', 413],
      ['Unheard', 400]
    ]
  } satisfies Record<string, ReadonlyArray<readonly [string, number | undefined]>>))
    for (const [name, status] of cases)
      it(`${expected}: ${name}, ${status ?? 'no answer'}`, () =>
        assert.equal(said(AwsRefusal.ofRequest(thrown(name, status))), expected))

  it('of no shape at all comes again', () => {
    for (const odd of [
      null,
      undefined,
      'no',
      {},
      { $metadata: null },
      { $metadata: { httpStatusCode: '400' } }
    ])
      assert.equal(said(AwsRefusal.ofRequest(odd)), 'Again')
  })
})

it('an entry that SQS or Kinesis failed is the fault of its sender, of an operator, or of the moment', () => {
  const all = [
    AwsRefusal.ofEntry('InvalidMessageContents', '', true),
    AwsRefusal.ofEntry('AWS.SimpleQueueService.NonExistentQueue', '', true),
    AwsRefusal.ofEntry('KmsThrottled', '', true),
    AwsRefusal.ofEntry('AccessDenied', '', true),
    AwsRefusal.ofEntry('InternalError', '', false),
    AwsRefusal.ofEntry('ProvisionedThroughputExceededException', '', false)
  ]
  assert.deepEqual(all.map(said), ['Never', 'Denied', 'Again', 'Denied', 'Again', 'Again'])
})

// -- against services that refuse a request as a whole ----------------------------------------------------------------

interface SqsEntry {
  readonly Id: string
  readonly MessageBody: string
  readonly MessageAttributes: Readonly<
    Record<string, { readonly DataType: string; readonly StringValue: string }>
  >
}

interface SqsRequest {
  readonly Entries: ReadonlyArray<SqsEntry>
}

interface KinesisRequest {
  readonly Records: ReadonlyArray<{ readonly Data: string; readonly PartitionKey: string }>
}

interface Answer {
  readonly status: number
  readonly json: unknown
}

/** What the service makes of the JSON of a request; whatever is said in it of an entry, it is said of all. */
let service: (json: unknown) => Answer = () => ({ status: 500, json: {} })
let sizes: Array<number> = []

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { status, json } = service(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(json))
  })
})

let endpoint = ''
before(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => void (sizes = []))
after(() => {
  server.closeAllConnections()
  server.close()
})

const bytesOf = ({ MessageBody, MessageAttributes }: SqsEntry): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType, StringValue }]) => sum + Buffer.byteLength(name + DataType + StringValue),
    Buffer.byteLength(MessageBody)
  )

/** A queue that takes requests up to so many bytes, and whatever is no `isBad`. */
const queue =
  (most: number, isBad: (entry: SqsEntry) => boolean = () => false) =>
  (json: unknown): Answer => {
    const { Entries } = json as SqsRequest
    const size = Entries.reduce((sum, one) => sum + bytesOf(one), 0)
    sizes.push(size)
    const refused = (type: string): Answer => ({
      status: 400,
      json: { __type: `com.amazonaws.sqs#${type}`, message: 'said the queue' }
    })
    if (size > most) return refused('BatchRequestTooLong')
    if (Entries.some(isBad)) return refused('InvalidParameterValue')
    return {
      status: 200,
      json: {
        Successful: Entries.map(({ Id, MessageBody }) => ({
          Id,
          MessageId: Id,
          MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex')
        })),
        Failed: []
      }
    }
  }

/** How each entry ended: ok, or the name of its failure. */
const ends = async (
  transport: Transport,
  entries: ReadonlyArray<Entry>,
  given: Partial<Outbox.Settings> = {}
): Promise<ReadonlyArray<string>> => {
  const sink = Outbox.make(transport, { ...settings, bytes: 10 << 20, backoff: 1, ...given }, Time.real)
  const all = await Promise.all(entries.map((one) => sink.push(one)))
  await sink.close()
  return all.map((end) => (E.isRight(end) ? 'ok' : `${end.left._tag} ${end.left.failure.name}`))
}

const sized = (count: number, bytes: number): ReadonlyArray<Entry> =>
  Array.from({ length: count }, (_, i) => {
    const json = JSON.stringify('x'.repeat(bytes))
    return { ...entry(`s:${i}:0:0`, `k${i}`), json, bytes: json.length }
  })

const sqs = (more: { readonly maxMessage?: number } = {}): Promise<Transport> =>
  Sqs.transport({ type: 'sqs', queueUrl: `${endpoint}/1/q`, endpoint, ...more })

describe('sqs', () => {
  it('counts the attributes, so that a request is no longer than it may be', async () => {
    service = queue(256 << 10)
    assert.deepEqual(
      new Set(await ends(await sqs(), sized(20, 26_200), { bytes: 256 << 10 })),
      new Set(['ok'])
    )
    assert.ok(sizes.every((size) => size <= 256 << 10))
  })

  it('divides a request that is longer than this queue takes', async () => {
    service = queue(64 << 10)
    assert.deepEqual(new Set(await ends(await sqs(), sized(20, 26_200))), new Set(['ok']))
  })

  it('fails the one message that is longer than the queue takes, and no other', async () => {
    service = queue(1 << 20, (one) => bytesOf(one) > 2048)
    assert.deepEqual(await ends(await sqs(), [...sized(4, 100), ...sized(1, 3000), ...sized(4, 100)]), [
      ...['ok', 'ok', 'ok', 'ok'],
      'Refused InvalidParameterValue',
      ...['ok', 'ok', 'ok', 'ok']
    ])
  })

  it('refuses before it is sent what is longer than `maxMessage`', async () => {
    service = queue(1 << 20)
    assert.deepEqual(await ends(await sqs({ maxMessage: 2048 }), [...sized(1, 1900), ...sized(1, 2100)]), [
      'ok',
      'Refused TooLarge'
    ])
  })

  it('waits for a permission until the deadline, and gives no message up one by one', async () => {
    service = () => ({ status: 400, json: { __type: 'AccessDeniedException', message: 'no' } })
    assert.deepEqual(await ends(await sqs(), sized(3, 10), { deadline: 50 }), [
      'Refused DeadlineExceeded',
      'Refused DeadlineExceeded',
      'Refused DeadlineExceeded'
    ])
  })
})

const kinesis = (more: { readonly maxRecord?: number } = {}): Promise<Transport> =>
  Kinesis.transport({ type: 'kinesis', streamName: 's', endpoint, ...more })

/** A stream that calls a request invalid when a key in it is bad. */
const stream = (json: unknown): Answer => {
  const { Records } = json as KinesisRequest
  sizes.push(Records.length)
  return Records.some(({ PartitionKey }) => PartitionKey === 'bad')
    ? { status: 400, json: { __type: 'SerializationException' } }
    : {
        status: 200,
        json: { FailedRecordCount: 0, Records: Records.map(() => ({ SequenceNumber: '1', ShardId: 's' })) }
      }
}

describe('behind a proxy', () => {
  it('both clients ask it for a tunnel, and NO_PROXY leads past it', async () => {
    const asked: Array<string | undefined> = []
    const proxy = createServer()
    proxy.on('connect', (request, socket) => {
      asked.push(request.url)
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    const env = { HTTPS_PROXY: `http://u:s3cret@127.0.0.1:${port}` }
    const there = 'https://aws.invalid'
    const of = async (transport: Promise<Transport>): Promise<string> => {
      const { send, close } = await transport
      const [sent] = await send([entry('a')], new AbortController().signal)
      await close()
      return sent === undefined || !('failure' in sent) ? 'none' : `${said(sent)}: ${sent.failure.message}`
    }
    const refused = `Denied: the proxy http://***@127.0.0.1:${port} answered 403 Forbidden`
    const sqsSettings = { type: 'sqs', queueUrl: `${there}/1/q`, endpoint: there } as const
    const kinesisSettings = { type: 'kinesis', streamName: 's', endpoint: there } as const
    assert.equal(await of(Sqs.transport(sqsSettings, env)), refused)
    assert.equal(await of(Kinesis.transport(kinesisSettings, env)), refused)
    assert.deepEqual(asked, ['aws.invalid:443', 'aws.invalid:443'])
    assert.match(
      await of(Sqs.transport(sqsSettings, { ...env, NO_PROXY: 'invalid' })),
      /^Again: .*(ENOTFOUND|EAI_AGAIN)/
    )
    assert.equal(asked.length, 2)
    proxy.closeAllConnections()
    proxy.close()
  })

  it('with an invalid address is reported when the sink is opened', async () => {
    await assert.rejects(
      Sqs.transport(
        { type: 'sqs', queueUrl: 'https://aws.invalid/1/q' },
        { HTTPS_PROXY: 'socks5://u:s3cret@p' }
      ),
      { message: /^the environment variable HTTPS_PROXY is not the URL of a proxy, expected/ }
    )
  })
})

describe('kinesis', () => {
  it('fails the one record that makes its request invalid, and no other', async () => {
    service = stream
    const keys = ['a', 'b', 'bad', 'c', 'd', 'e', 'f', 'g']
    assert.deepEqual(
      await ends(
        await kinesis(),
        keys.map((key) => entry(key, key))
      ),
      keys.map((key) => (key === 'bad' ? 'Refused SerializationException' : 'ok'))
    )
    assert.ok(sizes.length < 2 * Math.log2(keys.length) + 3, String(sizes))
  })

  it('refuses half of a surrogate pair in a key before it is sent', async () => {
    service = stream
    assert.deepEqual(await ends(await kinesis(), [entry('a', 'a'), entry('b', '\ud800'), entry('c', '😀')]), [
      'ok',
      'Refused InvalidKey',
      'ok'
    ])
  })

  it('takes records as large as `maxRecord`, which is as the stream is set', async () => {
    service = stream
    const large = sized(1, 2_000_000)
    assert.deepEqual(await ends(await kinesis(), large), ['Refused TooLarge'])
    assert.deepEqual(await ends(await kinesis({ maxRecord: 10 << 20 }), large), ['ok'])
  })

  it('has no answer where the stream leaves one out', async () => {
    let isFirst = true
    service = (json) => {
      const { status, json: given } = stream(json)
      const { Records } = given as { readonly Records: ReadonlyArray<unknown> }
      const cut = isFirst ? Records.slice(1) : Records
      isFirst = false
      return { status, json: { Records: cut } }
    }
    assert.deepEqual(await ends(await kinesis(), [entry('a', 'a'), entry('b', 'b')]), ['ok', 'ok'])
    assert.equal(sizes.length, 2)
  })
})
