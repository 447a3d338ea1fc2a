import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as DaemonLog from '../../src/daemon/DaemonLog'
import * as Diagnosis from '../../src/daemon/Diagnosis'

const SCHEDULER = 'software.amazon.kinesis.coordinator.Scheduler'
const REFUSED = [
  `ERROR\t${SCHEDULER}\tCaught exception when initializing LeaseCoordinator`,
  'java.lang.RuntimeException: software.amazon.awssdk.core.exception.SdkClientException: Unable to execute HTTP request: Connection refused: /127.0.0.1:1 (SDK Attempt Count: 9)\\n\tat software.amazon.kinesis.X.apply(X.java:68)\\nCaused by: java.net.ConnectException: Connection refused\\n'
].join('\t')

describe("a line of the daemon's log", () => {
  it('is level, class, message and exception', () =>
    assert.deepEqual(DaemonLog.parse(REFUSED), {
      level: 'error',
      logger: 'Scheduler',
      message: 'Caught exception when initializing LeaseCoordinator',
      exception:
        'java.lang.RuntimeException: software.amazon.awssdk.core.exception.SdkClientException: Unable to execute HTTP request: Connection refused: /127.0.0.1:1 (SDK Attempt Count: 9)\n\tat software.amazon.kinesis.X.apply(X.java:68)\nCaused by: java.net.ConnectException: Connection refused'
    }))

  it('at INFO is chatter', () =>
    assert.deepEqual(DaemonLog.parse(`INFO\t${SCHEDULER}\tInitializing LeaseCoordinator attempt 1\t`), {
      level: 'debug',
      logger: 'Scheduler',
      message: 'Initializing LeaseCoordinator attempt 1',
      exception: ''
    }))

  it('that warns of nothing is chatter, too', () => {
    for (const message of [
      'Dropping metrics [] because x',
      'An exceptionCaught() event was fired, and it reached at the tail of the pipeline. It usually means'
    ])
      assert.equal(DaemonLog.parse(`WARN\t${SCHEDULER}\t${message}\t`)?.level, 'debug')
  })

  it('that warns of a thread that a stop has interrupted is chatter, and an error is not', () => {
    const interrupted = [
      'a.b.LeaseAssignmentManager\tFailed to load : a.b.X$$Lambda$1282/0x00007f130543dd30, retrying',
      'software.amazon.awssdk.core.exception.SdkInterruptedException: null\\n\tat a.b.X.y(X.java:1)\\n'
    ].join('\t')
    assert.equal(DaemonLog.parse(`WARN\t${interrupted}`)?.level, 'debug')
    assert.equal(DaemonLog.parse(`ERROR\t${interrupted}`)?.level, 'error')
    const other = interrupted.replace('SdkInterruptedException', 'SdkClientException')
    assert.equal(DaemonLog.parse(`WARN\t${other}`)?.level, 'warn')
  })

  it('that reports at INFO a shard that stands still is a warning', () =>
    assert.equal(
      DaemonLog.parse(
        'INFO\ta.b.KinesisDataFetcher\tCaught ResourceNotFoundException when getting an iterator for shard s:x\t'
      )?.level,
      'warn'
    ))

  it('that another program printed is not one', () =>
    assert.deepEqual(
      ['', 'OpenJDK 64-Bit Server VM warning: x', 'INFO', 'INFO\t\tx', '\tat X.main(X.java:1)'].map(
        DaemonLog.parse
      ),
      Array(5).fill(null)
    ))

  it('with which a leader changes its lock, since three tables are one, is chatter', () =>
    assert.equal(
      DaemonLog.parse(
        [
          'WARN\tsoftware.amazon.kinesis.leader.DynamoDBLockBasedLeaderDecider\thandleLeaderLockResult failed, releasing lock and returning false',
          'software.amazon.kinesis.leases.exceptions.InvalidStateException: Table migration completed. Release legacy lock so lease table lock can be acquired.\\n\tat X'
        ].join('\t')
      )?.level,
      'debug'
    ))

  it('has the innermost cause', () => {
    const line = DaemonLog.parse(REFUSED)
    assert.ok(line !== null)
    assert.equal(DaemonLog.cause(line), 'java.net.ConnectException: Connection refused')
    assert.equal(DaemonLog.cause({ ...line, exception: 'java.lang.Error: x\n\tat Y' }), 'java.lang.Error: x')
  })
})

/** What the daemon says, and what a user is told. */
const GOLDEN: ReadonlyArray<readonly [string, string]> = [
  [
    'ResourceNotFoundException: Shard shardId-000000000007 in stream orders under account 123456789012 does not exist (Service: Kinesis, Status Code: 400)',
    'the lease table has shardId-000000000007, which the stream orders does not have; if the stream was recreated or replaced, choose a new daemon.applicationName or delete the lease table; if the shard was closed long ago, ignore this'
  ],
  [
    'InvalidStateException: Cannot deploy Phase 2 (migrateAllEntitiesToLeaseTable=true) without deploying Phase 1 first. No table migration state exists in DDB, indicating Phase 1 was never deployed.',
    'the three tables of the application cannot be moved into one yet; deploy all workers without migrateAllEntitiesToLeaseTable in daemon.properties, and set it once `kclts leases` shows DEPLOYED'
  ],
  [
    'InvalidStateException: Legacy WorkerMetricStats table does not exist, cannot update worker metrics',
    'a table of the application is missing: without a complete move to a single table, it needs both APPLICATION-CoordinatorState and APPLICATION-WorkerMetricStats; restore the table that is missing; `kclts check --aws` names it'
  ],
  [
    'SdkClientException: Unable to load region from any of the providers in the chain DefaultAwsRegionProviderChain@743cb8e0: [...]',
    'the AWS region is not known; set daemon.region or AWS_REGION'
  ],
  [
    'Got ResourceNotFoundException when fetching shard list for orders. Stream no longer exists.',
    'there is no stream orders; check daemon.streamName and daemon.region'
  ],
  [
    'SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(...)',
    'there are no AWS credentials; set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached; `kclts check --aws` shows what is found'
  ],
  [
    'DynamoDbException: The security token included in the request is expired (Service: DynamoDb, Status Code: 400) ExpiredTokenException',
    'the AWS credentials have expired; log in again, or use a role that renews them'
  ],
  [
    'KinesisException: The security token included in the request is invalid. (Service: Kinesis, Status Code: 400)',
    'AWS does not know these credentials; check the access key and its account; temporary keys need AWS_SESSION_TOKEN, too'
  ],
  [
    'InvalidSignatureException: Signature expired: 20261123T000000Z is now earlier than 20261123T010000Z',
    "this machine's clock is wrong, so AWS refuses the signatures; set the clock (NTP) and start again"
  ],
  [
    'InvalidSignatureException: The request signature we calculated does not match the signature you provided.',
    'the secret access key does not belong to the access key; check AWS_SECRET_ACCESS_KEY'
  ],
  [
    'AccessDeniedException: User: arn:aws:iam::1:user/me is not authorized to perform: kinesis:ListShards on resource: arn:aws:kinesis:eu-west-1:1:stream/orders because no policy allows it',
    'arn:aws:iam::1:user/me may not call kinesis:ListShards on arn:aws:kinesis:eu-west-1:1:stream/orders; allow it in the IAM policy; `kclts check --aws` lists what is needed'
  ],
  [
    'ResourceNotFoundException: Stream orders under account 123456789012 not found. (Service: Kinesis)',
    'there is no stream orders in account 123456789012; check daemon.streamName and daemon.region'
  ],
  [
    'java.net.UnknownHostException: kinesis.eu-wst-1.amazonaws.com',
    'the name kinesis.eu-wst-1.amazonaws.com cannot be resolved; check daemon.region, the endpoints and the network'
  ],
  [
    'SdkClientException: Unable to execute HTTP request: Connection refused: /127.0.0.1:4567',
    'nothing listens at 127.0.0.1:4567; check the endpoints and the network'
  ],
  [
    'io.netty.channel.ConnectTimeoutException: connection timed out: kinesis.eu-west-1.amazonaws.com/52.1.1.1:443',
    'AWS cannot be reached in time; check the network: security groups, the proxy, a VPC endpoint'
  ],
  [
    'orders:shardId-000000000001 : ProvisionedThroughputExceededException thrown while fetching records from Kinesis',
    'Kinesis throttles the reads of the shard; let fewer applications read the stream, or take daemon.retrieval: fan-out'
  ],
  [
    'ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded.',
    'AWS throttles the requests; raise the capacity of the lease table, or checkpoint less often (checkpoint.interval)'
  ],
  [
    'java.lang.OutOfMemoryError: Java heap space',
    'Java has no memory left (Java heap space); give it more with daemon.java, such as -Xmx1g, or lower maxRecords'
  ],
  [
    'Exception in thread "main" java.lang.UnsupportedClassVersionError: X has been compiled by a more recent version',
    'this Java is too old for this KCL; install Java 17 or newer, or set JAVA_HOME'
  ],
  [
    'Error: Could not find or load main class software.amazon.kinesis.multilang.MultiLangDaemon',
    'the jars are not complete: software.amazon.kinesis.multilang.MultiLangDaemon is missing; run `kclts jars verify`'
  ]
]

describe('trouble', () => {
  for (const [said, told] of GOLDEN)
    it(`is reported: ${told.slice(0, 60)}`, () => {
      const found = Diagnosis.ofText(said)
      assert.equal(found === null ? null : Diagnosis.show(found), told)
    })

  it('is not found where all is well, or at INFO', () => {
    assert.equal(Diagnosis.ofText('Sleeping ...'), null)
    const line = DaemonLog.parse(`INFO\t${SCHEDULER}\tno ThrottlingException yet\t`)
    assert.equal(line === null ? 'no line' : Diagnosis.of(line), null)
  })

  it('is found in the exception of a line', () => {
    const line = DaemonLog.parse(REFUSED)
    assert.deepEqual(line === null ? null : Diagnosis.of(line), {
      sentence: 'nothing listens at 127.0.0.1:1',
      remedy: 'check the endpoints and the network'
    })
  })
})
