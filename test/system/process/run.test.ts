/** `kclts run` as a process, with a shell script for Java: how it starts, refuses to, and ends. */
import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Child from './Child'

const BIN = path.join(Child.root, 'dist/bin.js')

const DAEMON = 'daemon: { streamName: orders, applicationName: shop, region: eu-west-1, classpath: ./jars'

const configuration = (more = ''): string =>
  `handler: ./handler.js\nlog: { format: json }\n${DAEMON}, ${more} }\n`

/** A Java that says its version, and as the daemon does what the script says. */
const java = (script: string, version = '17.0.9'): string =>
  `#!/bin/sh\n[ "$1" = -version ] && { echo 'openjdk version "${version}"' >&2; exit; }\n${script}\n`

/** Comes to work, and stops when it is asked to. */
const GOOD =
  'trap "exit 0" TERM\nprintf "INFO\\ta.b.Scheduler\\tInitialization complete. Starting worker loop.\\t\\n"\nwhile :; do sleep 0.02; done'
/** Does not stop when it is asked to. */
const STUBBORN = 'trap "" TERM\nprintf "INFO\\ta.b.Scheduler\\tup\\t\\n"\nwhile :; do sleep 0.02; done'

interface More {
  readonly files?: Child.Files
  readonly daemon?: string
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** Starts it in a project with a jar and this Java, on a machine without another one; null: without any. */
const start = (
  script: string | null,
  { files = {}, daemon, args = [], env = {} }: More = {}
): Child.Child => {
  const folder = Child.project({
    'kcl.config.yaml': configuration(daemon),
    'handler.js': Child.ACK,
    'jars/kcl.jar': '',
    'run/user/.keep': '',
    ...files
  })
  const bin = path.join(folder, 'bin')
  fs.mkdirSync(bin)
  for (const tool of ['sh', 'cat', 'sleep', 'mkfifo']) fs.symlinkSync(`/bin/${tool}`, path.join(bin, tool))
  if (script !== null) fs.writeFileSync(path.join(bin, 'java'), script, { mode: 0o755 })
  return Child.start(folder, {
    command: [process.execPath, BIN, 'run', ...args],
    env: {
      HOME: folder,
      PATH: bin,
      JAVA_HOME: '',
      XDG_RUNTIME_DIR: path.join(folder, 'run/user'),
      XDG_STATE_HOME: '',
      XDG_CACHE_HOME: '',
      ...env
    }
  })
}

const DEBUG = ['--log-level', 'debug']

/** What is left of the pipes. */
const pipesIn = (folder: string): ReadonlyArray<string> =>
  fs.readdirSync(path.join(folder, 'run/user')).filter((name) => name !== '.keep')

/** What some shells say, when it suits them, of a program that a signal ended: here it stands for Java. */
const OF_SHELL = 'Terminated'

const messages = (stderr: string): ReadonlyArray<string> =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => String((JSON.parse(line) as { readonly msg: unknown }).msg))
    .filter((message) => message !== OF_SHELL)

describe('kclts run', () => {
  it('has a help with its exit codes', async () => {
    const { code, stdout, stderr } = await start(null, { args: ['--help'] }).left()
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(
      stdout.replace(/\s+/g, ' '),
      /Exit codes: 0 stopped as asked; 1 the daemon kept ending soon after its start \(see daemon\.restarts\), .*; 2 wrong usage, /
    )
  })

  for (const [args, text] of [
    [['--proprties', 'x'], "error: unknown option '--proprties'\n(Did you mean --properties?)\n"],
    [['--properties'], "error: option '--properties <file>' argument missing\n"],
    [['now'], "error: too many arguments for 'run'. Expected 0 arguments but got 1"]
  ] as const)
    it(`does not know ${args.join(' ')}: 2`, async () => {
      const { code, stdout, stderr } = await start(null, { args }).left()
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(stderr.startsWith(text), stderr)
    })

  /** A line each that says what to do, and nothing has been started. */
  const refusals: ReadonlyArray<readonly [string, string | null, More, string]> = [
    [
      'without Java',
      null,
      {},
      'there is no Java on the PATH; install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME'
    ],
    [
      'with a JAVA_HOME that is none',
      java(GOOD),
      { env: { JAVA_HOME: '/nowhere' } },
      'JAVA_HOME is /nowhere, and /nowhere/bin/java cannot be started; correct JAVA_HOME or unset it'
    ],
    [
      'with a Java from before',
      java(GOOD, '1.7.0_80'),
      {},
      "java is Java 7, but Amazon's daemon needs 8; install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
    ],
    [
      'with a folder without jars',
      java(GOOD),
      { files: { 'kcl.config.yaml': configuration().replace('./jars', './run') } },
      'daemon.classpath: there is no jar in ~/run'
    ],
    [
      'without jars, Maven and an address to fetch them from',
      java(GOOD),
      { files: { 'kcl.config.yaml': configuration().replace(', classpath: ./jars', '') } },
      "the jars of Amazon's daemon are not here, and there is no Maven to fetch them; install Maven, or set daemon.repository to the address of a Maven repository, or copy jars here and name their folder in daemon.classpath"
    ],
    [
      'without a stream and a name',
      java(GOOD),
      { files: { 'kcl.config.yaml': 'handler: ./handler.js\ndaemon: { classpath: ./jars }\n' } },
      [
        'not ready to start; correct all of these: daemon.streamName (or KCLTS_DAEMON_STREAM_NAME), daemon.applicationName (or KCLTS_DAEMON_APPLICATION_NAME)',
        'daemon.streamName: missing, expected the name of the stream (or daemon.streamArn)',
        'daemon.applicationName: missing, expected a name that all workers of the application share'
      ].join('\nkclts run: ')
    ],
    [
      'without a handler',
      java(GOOD),
      { files: { 'kcl.config.yaml': 'daemon: {}\n' } },
      'kcl.config.yaml:1:1: handler: missing, expected the path of the module that exports your handler'
    ],
    [
      'with a handler that cannot be loaded',
      java(GOOD),
      { files: { 'handler.js': 'throw new Error("no database")' } },
      'kcl.config.yaml:1:10: handler: ~/handler.js throws while it is loaded: Error: no database\n    at Object.<anonymous> (~/handler.js:1:7)'
    ],
    [
      'with a .properties file that is not there',
      java(GOOD),
      { args: ['--properties', 'old.properties'] },
      "--properties: ~/old.properties cannot be read: ENOENT: no such file or directory, open '~/old.properties'"
    ]
  ]
  for (const [what, script, more, text] of refusals)
    it(`refuses to start ${what}: 2`, async () => {
      const child = start(script, more)
      const { code, stdout, stderr } = await child.left()
      assert.deepEqual([code, stdout, stderr], [2, '', `kclts run: ${text.replaceAll('~', child.folder)}\n`])
      assert.deepEqual(pipesIn(child.folder), [])
    })

  it('loads a handler in TypeScript into its thread, with paths and decorators of tsconfig.json', async () => {
    const child = start(java(GOOD), {
      files: {
        'kcl.config.yaml': configuration().replace('handler.js', 'handler.ts'),
        'tsconfig.json':
          '{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@lib/*": ["./lib/*"] } } }',
        'lib/note.ts':
          'export const note = (_: object, name: string): void => console.error(`decorates ${name}`)\n',
        'handler.ts':
          "import { note } from '@lib/note'\nclass Order { @note id!: string }\nexport const handler = () => new Order() !== null\n"
      }
    })
    await child.seen('decorates id')
    await child.seen('starting')
    child.process.kill('SIGTERM')
    assert.equal((await child.left()).code, 0)
  })

  it('stops as asked while it prepares: 0, and nothing is left', async () => {
    const acquiring = `exports.acquire = () => { console.error('acquiring'); return new Promise(() => setInterval(() => {}, 1000)) }`
    const child = start(java(GOOD), { files: { 'handler.js': `${Child.ACK}${acquiring}` } })
    await child.seen('acquiring')
    child.process.kill('SIGTERM')
    const { code, stderr } = await child.left()
    assert.equal(code, 0)
    assert.match(stderr, /kclts run: SIGTERM: stopped before the daemon was started\n/)
    assert.deepEqual(pipesIn(child.folder), [])
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    it(`stops at ${signal}: 0, and nothing is left`, async () => {
      const child = start(java(GOOD), { args: DEBUG })
      await child.seen('Initialization complete')
      child.process.kill(signal)
      const { code, stdout, stderr } = await child.left()
      assert.deepEqual([code, stdout], [0, ''])
      assert.deepEqual(messages(stderr).slice(-2), [
        `${signal}: stopping; a second signal stops at once`,
        'stopped'
      ])
      assert.deepEqual(pipesIn(child.folder), [])
    })

  it('kills a daemon that does not stop, when it is asked once more: 1', async () => {
    const child = start(java(STUBBORN), { args: DEBUG })
    await child.seen('"up"')
    child.process.kill('SIGTERM')
    await child.seen('a second signal stops at once')
    child.process.kill('SIGTERM')
    const { code, stderr } = await child.left()
    assert.equal(code, 1)
    assert.deepEqual(messages(stderr).slice(-2), [
      'SIGTERM again: killing the daemon',
      'the daemon was killed before it had stopped; records that no checkpoint covers come again'
    ])
    assert.deepEqual(pipesIn(child.folder), [])
  })

  it('gives up with the reason when the daemon ends at once: 1', async () => {
    const ends =
      'echo "Caused by: a.b.SdkClientException: Unable to load region from any of the providers in the chain" >&2\nexit 1'
    const { code, stderr } = await start(java(ends), { daemon: 'restarts: 0' }).left()
    assert.equal(code, 1)
    assert.deepEqual(messages(stderr), [
      'starting',
      'the AWS region is not known; set daemon.region or AWS_REGION',
      'giving up, the daemon ended once soon after its start (exit code 1): the AWS region is not known; set daemon.region or AWS_REGION'
    ])
  })

  it('stops as asked while it waits to start the daemon again: 0', async () => {
    const child = start(java('exit 1'))
    await child.seen('it is started again in')
    child.process.kill('SIGTERM')
    const { code, stderr } = await child.left()
    assert.equal(code, 0)
    assert.equal(messages(stderr).at(-1), 'SIGTERM: stopped')
  })

  it('stops as asked while the daemon of a run before does not end: 0, and the next one waits for it, too', async () => {
    const other = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
    const hash = createHash('sha256').update(`${os.hostname()}\0shop`).digest('hex').slice(0, 12)
    const name = `.local/state/kclts/workers/${hash}/0.daemon`
    const child = start(java(GOOD), { files: { [name]: `${String(other.pid)}\n` } })
    try {
      await child.seen('waiting for the daemon of the previous run to end')
      child.process.kill('SIGTERM')
      const { code, stderr } = await child.left()
      assert.equal(code, 0)
      assert.deepEqual(messages(stderr).slice(-2), [
        'SIGTERM: stopping; a second signal stops at once',
        'stopped'
      ])
      assert.equal(fs.readFileSync(path.join(child.folder, name), 'utf8'), `${String(other.pid)}\n`)
    } finally {
      other.kill('SIGKILL')
    }
  })
})
