import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import { defaults } from './defaultConfig'
import { HANDLER, type Given, loadIn, problems, project, settings, yaml } from './Project'

const DURATION = 'expected a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds'

describe('a file', () => {
  it('that another key uses in its own way is refused', () =>
    assert.deepEqual(
      [
        'sinks: { out: { type: file, path: ./dead-letters.ndjson } }',
        'sinks: { out: { type: file, path: ./x } }\nfailure: { deadLetters: ./a/../x }',
        'sinks: { out: { type: file, path: ./x }, dead: { type: file, path: ./x } }\nfailure: { deadLetters: sink:dead, fallback: ./x }',
        'failure: { deadLetters: ./handler.js }',
        'failure: { deadLetters: ./kcl.config.yaml }'
      ].map((text) => problems(yaml(text))),
      [
        [
          'kcl.config.yaml:2:35: sinks.out.path: failure.deadLetters is the same file, ~/dead-letters.ndjson; name another'
        ],
        ['kcl.config.yaml:2:35: sinks.out.path: failure.deadLetters is the same file, ~/x; name another'],
        ['kcl.config.yaml:2:35: sinks.out.path: failure.fallback is the same file, ~/x; name another'],
        ['kcl.config.yaml:2:25: failure.deadLetters: handler is the same file, ~/handler.js; name another'],
        [
          'kcl.config.yaml:2:25: failure.deadLetters: the configuration is the same file, ~/kcl.config.yaml; name another'
        ]
      ]
    ))

  it('may be that of two sinks, and of the sink of the dead letters and their fallback', () =>
    assert.deepEqual(
      problems(
        yaml(
          'sinks: { a: { type: file, path: ./x }, b: { type: file, path: ./x }, c: { type: file, path: ./d } }\n' +
            'failure: { deadLetters: sink:c, fallback: ./d }'
        )
      ),
      []
    ))

  it('is no URL, whose password would be in the name of a folder', () =>
    assert.deepEqual(
      problems(
        yaml(
          "failure: { deadLetters: 'https://u:s3cret@x/y' }\nsinks:\n  a: { type: file, path: 's3://u:s3cret@x' }\n" +
            "  'https://u:s3cret@x': { type: file, path: ./o }\n'https://u:s3cret@x': 1\n"
        ),
        { env: { KCLTS_DAEMON_CLASSPATH: 'file:///jars' } }
      ),
      [
        'kcl.config.yaml:2:25: failure.deadLetters: found "https://***@x/y", expected the path of a file, or sink:NAME',
        'kcl.config.yaml:4:26: sinks.a.path: found "s3://***@x", expected the path of a file',
        'kcl.config.yaml:5:3: sinks.https://***@x: found this name, expected one of letters, digits, hyphens and underscores',
        'kcl.config.yaml:6:1: https://***@x: unknown key',
        'KCLTS_DAEMON_CLASSPATH: daemon.classpath: found "file:///jars", expected the path of a folder'
      ]
    ))
})

describe('an unknown key', () => {
  it('is reported with the nearest one that may stand there', () =>
    assert.deepEqual(
      problems(
        yaml(
          'checkpoint:\n  cuont: 5\n  shard_end_deadline: 5m\nfailure: { than: skip, deadletters: x }\n' +
            'logs: {}\nchekpoint: {}\nLog: {}\n'
        )
      ),
      [
        'kcl.config.yaml:3:3: checkpoint.cuont: unknown key; did you mean checkpoint.count?',
        'kcl.config.yaml:4:3: checkpoint.shard_end_deadline: unknown key; did you mean checkpoint.shardEndDeadline?',
        'kcl.config.yaml:5:12: failure.than: unknown key; did you mean failure.then?',
        'kcl.config.yaml:5:24: failure.deadletters: unknown key; did you mean failure.deadLetters?',
        'kcl.config.yaml:6:1: logs: unknown key; did you mean log?',
        'kcl.config.yaml:7:1: chekpoint: unknown key; did you mean checkpoint?',
        'kcl.config.yaml:8:1: Log: unknown key; did you mean log?'
      ]
    ))

  it('that is known in another section, or needs one, is reported so', () =>
    assert.deepEqual(problems(yaml('interval: 5s\nlog: { breaker: 3 }\ncheckpoint.count: 5\n')), [
      'kcl.config.yaml:2:1: interval: unknown key; did you mean checkpoint.interval?',
      'kcl.config.yaml:3:8: log.breaker: unknown key; did you mean failure.breaker?',
      'kcl.config.yaml:4:1: checkpoint.count: unknown key; write checkpoint: with count below it'
    ]))

  it('that is far from all has no hint', () =>
    assert.deepEqual(
      problems(
        yaml(
          'destinations: {}\nx: 1\n1: 1\n"": 1\ntoString: 1\n__proto__: { a: 1 }\nlog: { foo: 1, to: x }\n' +
            'checkpoint: { on: true, timeout: 5s }\n'
        )
      ),
      [
        'kcl.config.yaml:2:1: destinations: unknown key',
        'kcl.config.yaml:3:1: x: unknown key',
        'kcl.config.yaml:4:1: 1: unknown key',
        'kcl.config.yaml:5:1: : unknown key',
        'kcl.config.yaml:6:1: toString: unknown key',
        'kcl.config.yaml:7:1: __proto__: unknown key',
        'kcl.config.yaml:8:8: log.foo: unknown key',
        'kcl.config.yaml:8:16: log.to: unknown key',
        'kcl.config.yaml:9:15: checkpoint.on: unknown key',
        'kcl.config.yaml:9:25: checkpoint.timeout: unknown key'
      ]
    ))

  it('among variables and flags is reported by name', () =>
    assert.deepEqual(
      problems(yaml(''), {
        env: {
          KCLTS_CHECKPOINT_INTERVALL: '5s',
          KCLTS_INTERVAL: '5s',
          KCLTS_FOO: '',
          PATH: '/bin',
          kclts_x: '1'
        },
        flags: { 'log-lvl': 'debug', interval: '5s', verbose: '' }
      }),
      [
        'KCLTS_CHECKPOINT_INTERVALL: unknown variable; did you mean KCLTS_CHECKPOINT_INTERVAL?',
        'KCLTS_INTERVAL: unknown variable; did you mean KCLTS_CHECKPOINT_INTERVAL?',
        'KCLTS_FOO: unknown variable',
        '--log-lvl: unknown flag; did you mean --log-level?',
        '--interval: unknown flag; did you mean --checkpoint-interval?',
        '--verbose: unknown flag'
      ]
    ))
})

describe('the service links of Kubernetes', () => {
  it('are passed over beside a misspelt variable, which is reported', () =>
    assert.deepEqual(
      problems(yaml(''), {
        env: {
          KCLTS_SERVICE_HOST: '10.0.0.7',
          KCLTS_SERVICE_PORT: '9100',
          KCLTS_SERVICE_PORT_HTTP: '9100',
          KCLTS_PORT: 'tcp://10.0.0.7:9100',
          KCLTS_PORT_9100_TCP: 'tcp://10.0.0.7:9100',
          KCLTS_PORT_9100_TCP_PROTO: 'tcp',
          KCLTS_PORT_9100_TCP_PORT: '9100',
          KCLTS_PORT_9100_TCP_ADDR: '10.0.0.7',
          KCLTS_CHECKPOINT_INTERVAL_PORT: 'tcp://10.0.0.8:80',
          KCLTS_CHECKPOINT_INTERVALL: '5s'
        }
      }),
      ['KCLTS_CHECKPOINT_INTERVALL: unknown variable; did you mean KCLTS_CHECKPOINT_INTERVAL?']
    ))
})

describe('a home folder or a variable', () => {
  const env = { HOME: '/home/ann', DATA: '/data', POD: 'worker-7' }

  it('in a path of any key is replaced: there was a folder called ~', () => {
    const folder = project({ 'kcl.config.yaml': 'handler: ${HERE}/handler.js\n' })
    const loaded = loadIn(folder, {
      env: { ...env, HERE: folder, KCLTS_DAEMON_CLASSPATH: '~/jars', KCLTS_STATUS_LISTEN: '~/kclts.sock' },
      flags: { 'failure-dead-letters': '$DATA/$POD.ndjson' }
    })
    assert.deepEqual(
      E.isLeft(loaded)
        ? loaded.left
        : [
            loaded.right.config.handler,
            loaded.right.config.daemon.classpath,
            loaded.right.config.status.listen,
            loaded.right.config.failure.deadLetters
          ],
      [`${folder}/handler.js`, '/home/ann/jars', '/home/ann/kclts.sock', '/data/worker-7.ndjson']
    )
  })

  it('in any text of a file is replaced, and read as the text of a variable of ours is', () => {
    const folder = project(
      yaml(
        'concurrency: ${COUNT}\ndeadline: ${NONE:-5s}\nhost: { watch: "${WATCH}" }\nstatus: { listen: "${HOST:-::1}", hosts: ["${POD}.example", b] }\n' +
          'daemon:\n  streamName: ${COUNT}\n  workerId: ${POD}\n  java: [-Xmx1g, "-Da=${POD}"]\n  repository: https://${POD}/maven\n' +
          '  properties: { maxActiveThreads: "${COUNT}" }\n' +
          'sinks:\n  a: { type: "${TYPE}", path: ~/a.ndjson, ids: "${WATCH}", batch: { count: "${COUNT}" } }\n' +
          '  b: { type: http, url: "${URL}:${COUNT}/x?$filter=1", headers: { a: "${NONE}" } }\n'
      )
    )
    const given = { COUNT: '12', WATCH: 'false', TYPE: 'file', URL: 'https://h', HOST: '9100' }
    const loaded = loadIn(folder, { env: { ...env, ...given } })
    if (E.isLeft(loaded)) return assert.deepEqual(loaded.left, [])
    const { concurrency, deadline, host, status, daemon, sinks } = loaded.right.config
    assert.deepEqual(
      [
        [concurrency, deadline, host.watch, status.listen, status.hosts],
        [daemon.streamName, daemon.workerId, daemon.java, daemon.repository, daemon.properties],
        sinks
      ],
      [
        [12, 5000, false, '127.0.0.1:9100', ['worker-7.example', 'b']],
        ['12', 'worker-7', ['-Xmx1g', '-Da=worker-7'], 'https://worker-7/maven', { maxActiveThreads: '12' }],
        {
          a: { type: 'file', path: '/home/ann/a.ndjson', ids: false, batch: { count: 12 } },
          b: { type: 'http', url: 'https://h:12/x?$filter=1', headers: { a: '${NONE}' } }
        }
      ]
    )
  })

  it('is not replaced in what a variable stands for, and $${ is the text ${', () => {
    const loaded = loadIn(project(yaml('daemon:\n  workerId: ${ODD}\n  java: -Da=$${POD}\n')), {
      env: { ...env, ODD: '${POD}' }
    })
    assert.deepEqual(
      E.isLeft(loaded) ? loaded.left : [loaded.right.config.daemon.workerId, loaded.right.config.daemon.java],
      ['${POD}', ['-Da=${POD}']]
    )
  })

  it('that cannot be replaced is reported with its place and with what to do', () =>
    assert.deepEqual(
      problems(
        yaml(
          'failure: { deadLetters: $NONE/x }\ndaemon:\n  workerId: $(POD)\n  classpath: ~bob/jars\n' +
            '  java: [-Xmx1g,\n    "-Da=${b}"]\n  maxLeases: ${POD}\n  properties: { maxActiveThreads: "${NONE}" }\n' +
            'sinks:\n  a: { type: http, url: "https://${NONE}/x" }\n  b: { type: kinesis, streamName: x, region: "${POD" }\n' +
            '  c: { type: http, url: "${POD}/x" }\n  d: { type: "${NONE}" }\n  e: { type: "${POD}" }\n'
        ),
        { env }
      ),
      [
        'kcl.config.yaml:2:25: failure.deadLetters: the environment variable NONE is not set (a dollar is written $$)',
        'kcl.config.yaml:4:13: daemon.workerId: found $(POD), which is not replaced here, but ${NAME} is',
        'kcl.config.yaml:5:14: daemon.classpath: ~bob/jars: only ~/ stands for a home folder; write the path out, or ./~bob/jars for a file of that name',
        'kcl.config.yaml:7:5: daemon.java: the environment variable b is not set',
        'kcl.config.yaml:8:14: daemon.maxLeases: found "worker-7" with ${POD} replaced, expected a whole number of 1 or more',
        'kcl.config.yaml:9:35: daemon.properties.maxActiveThreads: the environment variable NONE is not set',
        'kcl.config.yaml:11:25: sinks.a.url: the environment variable NONE is not set',
        'kcl.config.yaml:12:46: sinks.b.region: found ${ that begins no variable, expected ${NAME} or ${NAME:-default} ($${ stands for ${ itself)',
        'kcl.config.yaml:13:25: sinks.c.url: found what ${POD} stands for (not shown, it may be a secret), expected a URL that begins with http:// or https://',
        'kcl.config.yaml:14:14: sinks.d.type: the environment variable NONE is not set',
        'kcl.config.yaml:15:14: sinks.e.type: found "worker-7" with ${POD} replaced, expected file, http, kinesis, sqs or module'
      ]
    ))

  it('outside a file and a path is refused', () =>
    assert.deepEqual(
      problems(yaml(''), {
        env: { KCLTS_DAEMON_WORKER_ID: '${POD}', KCLTS_DAEMON_REPOSITORY: 'https://${POD}/maven' }
      }),
      [
        'KCLTS_DAEMON_WORKER_ID: daemon.workerId: found a variable, which is not replaced here; write the value itself, or set KCLTS_DAEMON_WORKER_ID to it',
        'KCLTS_DAEMON_REPOSITORY: daemon.repository: found a variable, which is not replaced here; write the value itself, or set KCLTS_DAEMON_REPOSITORY to it'
      ]
    ))

  it('of a header is looked for when its sink is opened, and is missed at its place', () => {
    const loaded = loadIn(
      project(yaml('sinks:\n  a:\n    type: http\n    url: http://h\n    headers: { b: "${NONE}" }\n'))
    )
    if (E.isLeft(loaded)) return assert.deepEqual(loaded.left, [])
    assert.deepEqual(
      ['sinks.a.headers.b: the variable', 'sinks.a: anything', 'there is sinks.a, and no output'].map(
        (text) => ConfigSearch.showLater(loaded.right, 'sinks', text)
      ),
      [
        'kcl.config.yaml:6:19: sinks.a.headers.b: the variable',
        'kcl.config.yaml:4:5: sinks.a: anything',
        'kcl.config.yaml:4:5: there is sinks.a, and no output'
      ]
    )
  })

  it('of an output without a sink is where the sinks are, or else the handler', () => {
    const showIn = (more: string): string => {
      const loaded = loadIn(project(yaml(more)))
      return E.isLeft(loaded) ? '' : ConfigSearch.showLater(loaded.right, 'sinks', 'there is no sinks.orders')
    }
    assert.deepEqual(
      [showIn('sinks: { a: { type: file, path: a } }\n'), showIn('')],
      ['kcl.config.yaml:2:1: there is no sinks.orders', 'kcl.config.yaml:1:10: there is no sinks.orders']
    )
  })

  it('of an option that names a file is replaced, too', () =>
    assert.deepEqual(
      problems({}, { file: '~/nowhere.yaml', env: { HOME: '/home/ann' }, handlerRequired: false }),
      ['--config: there is no file /home/ann/nowhere.yaml']
    ))
})

describe('a wrong value', () => {
  it('is reported with its place, what was found and what was expected', () =>
    assert.deepEqual(
      problems(
        yaml(
          'checkpoint:\n  interval: -5s\n  count: many\n  manual: yes\n  onShutdown:\n  shutdownDeadline: .nan\n' +
            '  shardEndDeadline: [5m]\nfailure:\n  then: retry\n  deadLetters: ""\n  breaker: .inf\nlog: info\n'
        )
      ),
      [
        `kcl.config.yaml:3:13: checkpoint.interval: found "-5s", ${DURATION}`,
        'kcl.config.yaml:4:10: checkpoint.count: found "many", expected a whole number of 0 or more',
        'kcl.config.yaml:5:11: checkpoint.manual: found "yes", expected true or false',
        'kcl.config.yaml:6:14: checkpoint.onShutdown: found null, expected true or false',
        `kcl.config.yaml:7:21: checkpoint.shutdownDeadline: found NaN, ${DURATION}`,
        `kcl.config.yaml:8:21: checkpoint.shardEndDeadline: found ["5m"], ${DURATION}`,
        'kcl.config.yaml:10:9: failure.then: found "retry", expected dead-letter, skip or halt',
        'kcl.config.yaml:11:16: failure.deadLetters: found "", expected the path of a file, or sink:NAME',
        'kcl.config.yaml:12:12: failure.breaker: found Infinity, expected a whole number of 0 or more',
        'kcl.config.yaml:13:6: log: found text, expected a map of keys'
      ]
    ))

  it('of a variable or a flag is reported by its name', () =>
    assert.deepEqual(
      problems(yaml(''), {
        env: { KCLTS_CHECKPOINT_COUNT: '', KCLTS_CHECKPOINT_MANUAL: 'no' },
        flags: { 'checkpoint-interval': '-1', 'log-level': '~' }
      }),
      [
        'KCLTS_CHECKPOINT_COUNT: checkpoint.count: found "", expected a whole number of 0 or more',
        'KCLTS_CHECKPOINT_MANUAL: checkpoint.manual: found "no", expected true or false',
        `--checkpoint-interval: checkpoint.interval: found -1, ${DURATION}`,
        '--log-level: log.level: found "~", expected debug, info, warn or error'
      ]
    ))

  it('counts even where another layer wins', () =>
    assert.deepEqual(problems(yaml('log: { level: loud }\n'), { flags: { 'log-level': 'warn' } }), [
      'kcl.config.yaml:2:15: log.level: found "loud", expected debug, info, warn or error'
    ]))
})

describe('the handler', () => {
  it('that is no file is reported, with the file beside it that may be meant', () => {
    const handler = (text: string): ReadonlyArray<string> =>
      problems({ 'kcl.config.yaml': `handler: ${text}\n`, 'lib/index.js': '', 'typed.ts': '' })
    assert.deepEqual(handler('./nowhere.js'), [
      'kcl.config.yaml:1:10: handler: there is no file ~/nowhere.js'
    ])
    assert.deepEqual(handler('./handler'), [
      'kcl.config.yaml:1:10: handler: there is no file ~/handler; did you mean handler.js?'
    ])
    assert.deepEqual(handler('./typed.js'), [
      'kcl.config.yaml:1:10: handler: there is no file ~/typed.js; did you mean typed.ts?'
    ])
    assert.deepEqual(handler('./lib'), ['kcl.config.yaml:1:10: handler: there is no file ~/lib'])
    assert.deepEqual(handler('./handler.js/x'), [
      'kcl.config.yaml:1:10: handler: there is no file ~/handler.js/x'
    ])
  })

  it('that is wrong in one layer is not missing, and only the one that counts must be there', () => {
    assert.deepEqual(problems({ 'kcl.config.yaml': 'handler: 5\n' }), [
      'kcl.config.yaml:1:10: handler: found 5, expected the path of a file'
    ])
    assert.deepEqual(
      settings({ 'kcl.config.yaml': 'handler: gone.js\n' }, { flags: { handler: 'handler.js' } }),
      ['handler = ~/handler.js from --handler']
    )
  })

  it('that a program brings itself need not be configured, and is not looked for', () => {
    assert.deepEqual(settings({}, { handlerRequired: false }), [])
    assert.deepEqual(settings({ 'kcl.config.yaml': 'handler: gone.js\n' }, { handlerRequired: false }), [
      'handler = ~/gone.js from kcl.config.yaml:1:10'
    ])
    const loaded = loadIn(project({}), { handlerRequired: false })
    assert.equal(E.isRight(loaded) && loaded.right.config.handler, '')
  })
})

describe('all problems', () => {
  it('are reported at once, those of the file from its top to its end', () =>
    assert.deepEqual(
      problems(
        {
          'kcl.config.yaml':
            'log: { level: loud, lvl: 1 }\nlogs: 1\nhandler: ./gone.js\ncheckpoint: { count: -1 }\n'
        },
        { env: { KCLTS_FAILURE_BREAKER: 'x' }, flags: { x: '' } }
      ),
      [
        'kcl.config.yaml:1:15: log.level: found "loud", expected debug, info, warn or error',
        'kcl.config.yaml:1:21: log.lvl: unknown key; did you mean log.level?',
        'kcl.config.yaml:2:1: logs: unknown key; did you mean log?',
        'kcl.config.yaml:3:10: handler: there is no file ~/gone.js',
        'kcl.config.yaml:4:22: checkpoint.count: found -1, expected a whole number of 0 or more',
        'KCLTS_FAILURE_BREAKER: failure.breaker: found "x", expected a whole number of 0 or more',
        '--x: unknown flag'
      ]
    ))

  it('of variables and flags are reported beside a file that cannot be read', () =>
    assert.deepEqual(
      problems(
        { 'kcl.config.yaml': 'handler: @\n' },
        { env: { KCLTS_FOO: '' }, flags: { handler: './gone.js' } }
      ),
      [
        'kcl.config.yaml:1:10: Plain value cannot start with reserved character @',
        '--handler: handler: there is no file ~/gone.js',
        'KCLTS_FOO: unknown variable'
      ]
    ))
})

describe('layers', () => {
  it('win in the order flag, variable, file, default, and report where each value is from', () => {
    const folder = project({
      ...yaml(
        'checkpoint:\n  interval: 5m\n  count: 10\n  manual: false\nlog: { level: warn }\ndaemon:\n  properties: { taskBackoffTimeMillis: 100 }\n'
      )
    })
    const loaded = loadIn(folder, {
      env: {
        KCLTS_CHECKPOINT_INTERVAL: '10',
        KCLTS_CHECKPOINT_COUNT: '20',
        KCLTS_LOG_FORMAT: 'json',
        KCLTS_DAEMON_STREAM_NAME: 'orders'
      },
      flags: { 'checkpoint-interval': '90s' }
    })
    assert.deepEqual(
      loaded,
      E.right({
        config: {
          ...defaults,
          handler: path.join(folder, 'handler.js'),
          checkpoint: { ...defaults.checkpoint, interval: 90_000, count: 20, manual: false },
          failure: {
            ...defaults.failure,
            deadLetters: path.join(folder, 'dead-letters.ndjson'),
            fallback: path.join(folder, 'dead-letters.ndjson')
          },
          daemon: {
            ...defaults.daemon,
            streamName: 'orders',
            properties: { taskBackoffTimeMillis: '100' }
          },
          log: { ...defaults.log, level: 'warn', format: 'json' }
        },
        file: path.join(folder, 'kcl.config.yaml'),
        origins: [
          { key: 'handler', shown: path.join(folder, 'handler.js'), from: 'kcl.config.yaml:1:10' },
          { key: 'checkpoint.interval', shown: '90s', from: '--checkpoint-interval' },
          { key: 'checkpoint.count', shown: '20', from: 'KCLTS_CHECKPOINT_COUNT' },
          { key: 'checkpoint.manual', shown: 'false', from: 'kcl.config.yaml:5:11' },
          { key: 'checkpoint.onShutdown', shown: 'true', from: 'default' },
          { key: 'checkpoint.shutdownDeadline', shown: '8s', from: 'default' },
          { key: 'checkpoint.shardEndDeadline', shown: '5m', from: 'default' },
          { key: 'failure.then', shown: 'dead-letter', from: 'default' },
          { key: 'failure.deadLetters', shown: path.join(folder, 'dead-letters.ndjson'), from: 'default' },
          { key: 'failure.fallback', shown: path.join(folder, 'dead-letters.ndjson'), from: 'default' },
          { key: 'failure.breaker', shown: '20', from: 'default' },
          { key: 'failure.retries', shown: '3', from: 'default' },
          { key: 'failure.backoff', shown: '500ms', from: 'default' },
          { key: 'concurrency', shown: '1', from: 'default' },
          { key: 'deadline', shown: '30s', from: 'default' },
          { key: 'undelivered', shown: '1000', from: 'default' },
          { key: 'callbackDeadline', shown: '5m', from: 'default' },
          { key: 'batch.count', shown: '100', from: 'default' },
          { key: 'batch.bytes', shown: '1000000', from: 'default' },
          { key: 'batch.linger', shown: '0s', from: 'default' },
          { key: 'daemon.streamName', shown: 'orders', from: 'KCLTS_DAEMON_STREAM_NAME' },
          { key: 'daemon.initialPosition', shown: 'trim-horizon', from: 'default' },
          { key: 'daemon.retrieval', shown: 'polling', from: 'default' },
          { key: 'daemon.credentials', shown: 'default', from: 'default' },
          { key: 'daemon.metrics', shown: 'none', from: 'default' },
          { key: 'daemon.failoverTime', shown: '10s', from: 'default' },
          { key: 'daemon.version', shown: '3.1.3', from: 'default' },
          { key: 'daemon.handover', shown: 'fast', from: 'default' },
          {
            key: 'daemon.java',
            shown: '-XX:MaxRAMPercentage=25 -XX:+UseSerialGC -XX:MaxNewSize=32m',
            from: 'default'
          },
          { key: 'daemon.shutdownGrace', shown: '20s', from: 'default' },
          { key: 'daemon.restarts', shown: '5', from: 'default' },
          { key: 'host.mode', shown: 'host', from: 'default' },
          { key: 'host.threads', shown: '1', from: 'default' },
          { key: 'host.memory', shown: '256000000', from: 'default' },
          { key: 'host.relay', shown: 'auto', from: 'default' },
          { key: 'host.watch', shown: 'true', from: 'default' },
          { key: 'status.listen', shown: 'none', from: 'default' },
          { key: 'status.stalled', shown: '5m', from: 'default' },
          { key: 'tracing.spans', shown: 'none', from: 'default' },
          { key: 'record.data', shown: 'none', from: 'default' },
          { key: 'record.sampling', shown: '1', from: 'default' },
          { key: 'record.size', shown: '1000000000', from: 'default' },
          { key: 'record.age', shown: '7d', from: 'default' },
          { key: 'log.level', shown: 'warn', from: 'kcl.config.yaml:6:15' },
          { key: 'log.format', shown: 'json', from: 'KCLTS_LOG_FORMAT' },
          { key: 'log.console', shown: 'lines', from: 'default' },
          { key: 'log.summary', shown: '1m', from: 'default' },
          { key: 'daemon.properties.taskBackoffTimeMillis', shown: '100', from: 'kcl.config.yaml:8:40' }
        ]
      })
    )
  })

  it('take relative paths from the file, and in variables and flags from the current folder', () => {
    const folder = project({
      'conf/kcl.config.yaml': 'handler: ../handler.js\nfailure: { deadLetters: letters/a.ndjson }\n',
      'app/x': ''
    })
    const letters = (given: Given): string => {
      const loaded = loadIn(folder, { from: 'app', file: '../conf/kcl.config.yaml', ...given })
      return E.isRight(loaded) ? path.relative(folder, loaded.right.config.failure.deadLetters) : 'problems'
    }
    assert.deepEqual(
      [
        letters({}),
        letters({ env: { KCLTS_FAILURE_DEAD_LETTERS: 'b.ndjson' } }),
        letters({ flags: { 'failure-dead-letters': '../c: #d.ndjson' } }),
        letters({ flags: { 'failure-dead-letters': '/tmp/d.ndjson' } })
      ],
      ['conf/letters/a.ndjson', 'app/b.ndjson', 'c: #d.ndjson', path.relative(folder, '/tmp/d.ndjson')]
    )
  })

  it('put the default for dead letters beside the file, or into the current folder without one', () => {
    const folder = project({ ...yaml(''), 'app/x': '' })
    const letters = (given: Given): string => {
      const loaded = loadIn(folder, { from: 'app', ...given })
      return E.isRight(loaded) ? path.relative(folder, loaded.right.config.failure.deadLetters) : 'problems'
    }
    assert.equal(letters({}), 'dead-letters.ndjson')
    fs.writeFileSync(path.join(folder, 'app/package.json'), '{}')
    assert.equal(letters({ handlerRequired: false }), 'app/dead-letters.ndjson')
  })

  it('read variables and flags as YAML does: numbers, truths, quotes', () =>
    assert.deepEqual(
      settings(yaml(''), {
        env: {
          KCLTS_CHECKPOINT_MANUAL: 'false',
          KCLTS_CHECKPOINT_INTERVAL: '1e1',
          KCLTS_FAILURE_THEN: '"skip"'
        },
        flags: { 'checkpoint-count': '0x10' }
      }),
      [
        HANDLER,
        'checkpoint.interval = 10s from KCLTS_CHECKPOINT_INTERVAL',
        'checkpoint.count = 16 from --checkpoint-count',
        'checkpoint.manual = false from KCLTS_CHECKPOINT_MANUAL',
        'failure.then = skip from KCLTS_FAILURE_THEN'
      ]
    ))
})

describe('what is found wrong later', () => {
  it('is reported with the place where its key was set', () => {
    const loaded = loadIn(project(yaml('')), { env: { KCLTS_LOG_LEVEL: 'warn' } })
    assert.ok(E.isRight(loaded))
    const show = (key: string): string => ConfigSearch.showLater(loaded.right, key, 'it is wrong')
    assert.deepEqual(['handler', 'log.level', 'failure.deadLetters'].map(show), [
      'kcl.config.yaml:1:10: handler: it is wrong',
      'KCLTS_LOG_LEVEL: log.level: it is wrong',
      'failure.deadLetters: it is wrong'
    ])
  })
})

describe('kcl.config.example.yaml', () => {
  it('loads, and says of each key what is the default', () => {
    const text = fs.readFileSync('kcl.config.example.yaml', 'utf8')
    const inFull = loadIn(project({ 'kcl.config.yaml': text }))
    const inShort = loadIn(project(yaml('')))
    assert.ok(E.isRight(inFull) && E.isRight(inShort))
    const shown = (loaded: ConfigSearch.Loaded): ReadonlyArray<string> =>
      loaded.origins.map(({ key, shown }) => `${key} = ${path.basename(shown)}`)
    assert.deepEqual(shown(inFull.right), shown(inShort.right))
    assert.deepEqual(
      inFull.right.origins.filter(({ from }) => from === 'default'),
      []
    )
  })
})

describe('a time that an attempt may take', () => {
  const above = 'expected a duration above 0, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds'

  it('is no time at all when it is 0: every attempt would be late', () =>
    assert.deepEqual(
      problems(
        yaml(
          'deadline: 0\ncallbackDeadline: 0s\nsinks: { a: { type: module, export: store, timeout: 0, deadline: 0 } }\n'
        )
      ),
      [
        `kcl.config.yaml:2:11: deadline: found 0, ${above}`,
        `kcl.config.yaml:3:19: callbackDeadline: found "0s", ${above}`,
        `kcl.config.yaml:4:53: sinks.a.timeout: found 0, ${above}`
      ]
    ))
})
