import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Action from '../../../src/protocol/Action'
import {
  ACK,
  CONFIG,
  WRAPPER,
  assertReplies,
  batch,
  checkpoint,
  initialize,
  installed,
  project,
  root,
  start,
  status,
  withHandler
} from './Child'

const CHECKPOINT = 'exports.handler = () => true\n'

/** The JSON log lines on stderr; other lines are not of the log. */
const logged = (stderr: string): ReadonlyArray<Record<string, unknown>> =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{"level"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('a wrong configuration', () => {
  it('ends it with 2 and all that is wrong, each with its place', async () => {
    const child = start(
      project({
        'kcl.config.yaml': 'handler: ./nowhere.js\ncheckpoint:\n  interval: soon\nfailure:\n  than: skip\n'
      })
    )
    const left = await child.left()
    assert.equal(left.code, 2)
    assertReplies(left, [])
    for (const message of [
      /kcl\.config\.yaml:1:10: handler: .*nowhere\.js/,
      /kcl\.config\.yaml:3:13: checkpoint\.interval: found "soon", expected a duration/,
      /kcl\.config\.yaml:5:3: failure\.than: unknown key; did you mean failure\.then\?/
    ])
      assert.match(left.stderr, message)
  })

  for (const [what, handler, message] of [
    [
      'a handler that throws while it is loaded',
      "throw new RangeError('at load')\n",
      /handler\.js.*RangeError: at load/
    ],
    [
      'a handler that is no function',
      'exports.handler = 7\n',
      /expected an export `handler` that is a function/
    ],
    ['a module without a handler', 'exports.handle = () => 1\n', /exports handle/]
  ] as const)
    it(`${what} ends it with 2`, async () => {
      const left = await start(withHandler(handler)).left()
      assert.equal(left.code, 2)
      assert.match(left.stderr, message)
      assertReplies(left, [])
    })

  it('a file for dead letters that cannot be opened is found at the start', async () => {
    const left = await start(
      withHandler(ACK, `${CONFIG}failure: { deadLetters: ./handler.js/dead-letters.ndjson }\n`)
    ).left()
    assert.equal(left.code, 2)
    assert.match(left.stderr, /dead-letters\.ndjson/)
  })

  it('a flag that is not known ends it with 2', async () => {
    const left = await start(withHandler(ACK), { command: [WRAPPER, '--checkpoint-intervall', '1s'] }).left()
    assert.equal(left.code, 2)
    assert.match(left.stderr, /--checkpoint-intervall/)
  })
})

describe('settings', () => {
  it('of a flag and of a variable win over the file', async () => {
    const child = start(withHandler(ACK), {
      command: [WRAPPER, '--config', '~/kcl.config.yaml', '--checkpoint-count', '2'],
      env: { KCLTS_CHECKPOINT_COUNT: '1' }
    })
    await child.ask(initialize)
    assert.equal(await child.ask(batch(3)), checkpoint(1))
    assert.equal((await child.end()).code, 0)
  })
})

describe('the log', () => {
  it('is on stderr as JSON, under the name kclts, with the shard on each line', async () => {
    const child = start(withHandler(ACK, `${CONFIG}log: { level: info, format: json }\n`))
    await child.ask(initialize)
    await child.ask(Action.leaseLost)
    const left = await child.end()
    assert.deepEqual(
      logged(left.stderr).map(({ level, name, shard, msg }) => ({ level, name, shard, msg })),
      ['shard initialized', 'shard released'].map((msg) => ({
        level: 'info',
        name: 'kclts',
        shard: 'shardId-000000000000',
        msg
      }))
    )
  })

  it('is for people when configured so', async () => {
    const child = start(withHandler(ACK, `${CONFIG}log: { format: pretty }\n`))
    await child.ask(initialize)
    const left = await child.end()
    assert.match(left.stderr, /INFO.*kclts.*shard initialized.*shardId-000000000000/)
    assertReplies(left, [status('initialize')])
  })
})

describe('a handler as', () => {
  const converses = async (files: Readonly<Record<string, string>>): Promise<void> => {
    const child = start(installed(files))
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal(await child.ask(batch(1)), checkpoint(0))
    assert.equal(await child.reply(), status('processRecords'))
    assert.equal((await child.end()).code, 0)
  }
  const config = (file: string): string => `handler: ./${file}\ncheckpoint: { interval: 0 }\n`

  it('CommonJS', () => converses({ 'kcl.config.yaml': config('handler.js'), 'handler.js': CHECKPOINT }))

  it('CommonJS that requires kclts', () =>
    converses({
      'kcl.config.yaml': config('handler.cjs'),
      'handler.cjs': "const { checkpoint } = require('kclts')\nmodule.exports = { handler: checkpoint }\n"
    }))

  it('an ES module, with a top-level await', () =>
    converses({
      'kcl.config.yaml': config('handler.mjs'),
      'handler.mjs':
        "import { checkpoint } from 'kclts'\nconst decision = await Promise.resolve(checkpoint())\nexport const handler = () => decision\n"
    }))

  it('the default export of a package of ES modules', () =>
    converses({
      'package.json': '{ "type": "module" }',
      'kcl.config.yaml': config('handler.js'),
      'handler.js': "import { checkpoint } from 'kclts'\nexport default () => checkpoint()\n"
    }))

  it('TypeScript, enums and types included', () =>
    converses({
      'kcl.config.yaml': config('handler.ts'),
      'handler.ts': `
        import { type Handler, ack, checkpoint } from 'kclts'
        enum Mood { Good = 'good', Bad = 'bad' }
        const mood: Mood = Mood.Good
        export const handler: Handler = ({ partitionKey }) => (partitionKey === 'x' || mood !== Mood.Good ? ack() : checkpoint())
      `
    }))

  it('TypeScript in a package of ES modules, with another module of its own', () =>
    converses({
      'package.json': '{ "type": "module" }',
      'kcl.config.yaml': config('src/handler.ts'),
      'src/decide.ts': "import { checkpoint } from 'kclts'\nexport const decide = () => checkpoint()\n",
      'src/handler.ts':
        "import type { Handler } from 'kclts'\nimport { decide } from './decide.js'\nexport const handler: Handler = decide\n"
    }))
})

describe('the wrapper', () => {
  const files = { 'kcl.config.yaml': CONFIG, 'handler.js': ACK, 'elsewhere/x': '' }

  it("works through npm's link", async () => {
    const child = start(installed(files), {
      command: ['~/node_modules/.bin/kclts-child', '--config', '~/kcl.config.yaml']
    })
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal((await child.end()).code, 0)
  })

  it('works from another folder, by a relative path, and finds the configuration above', async () => {
    const child = start(installed(files), {
      command: ['../node_modules/.bin/kclts-child'],
      cwd: 'elsewhere'
    })
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal((await child.end()).code, 0)
  })

  it('works by its name alone, found on the PATH', async () => {
    const folder = installed(files)
    const child = start(folder, {
      command: ['kclts-child', '--config', '~/kcl.config.yaml'],
      env: { PATH: `${path.join(folder, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` }
    })
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal((await child.end()).code, 0)
  })

  it('works through a chain of links, with spaces in their names', async () => {
    const folder = installed(files)
    fs.mkdirSync(path.join(folder, 'my tools'))
    fs.symlinkSync('../node_modules/.bin/kclts-child', path.join(folder, 'my tools/the child'))
    fs.symlinkSync(path.join(folder, 'my tools/the child'), path.join(folder, 'my child'))
    const child = start(folder, { command: ['~/my child', '--config', '~/kcl.config.yaml'] })
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal((await child.end()).code, 0)
  })

  it('becomes the child: a kill ends it, and there is no process between', async () => {
    const child = start(
      withHandler("exports.handler = () => { console.log('i am', process.pid); return false }\n")
    )
    await child.ask(initialize)
    await child.ask(batch(1))
    await child.seen(`i am ${child.process.pid}`)
    child.process.kill('SIGKILL')
    assert.equal((await child.left()).signal, 'SIGKILL')
  })
})

describe('without the wrapper', () => {
  const noise = `
    console.log('printed')
    process.stdout.write('written\\n')
  `
  const files = {
    'kcl.config.yaml': 'checkpoint: { interval: 0 }\nhandler: ./handler.js\n',
    'handler.js': `${noise}\nexports.handler = () => { ${noise}; return true }\n`,
    'app.js': `const { start, checkpoint } = require('kclts')\nstart(() => { ${noise}; return checkpoint() }, { config: __dirname + '/kcl.config.yaml' })\n${noise}`,
    'app.mjs': `import { start, checkpoint } from 'kclts'\nstart(() => { ${noise}; return checkpoint() })\n${noise}`,
    'later.js': `const { start } = require('kclts')\nsetTimeout(() => start(() => true), 20)\nsetInterval(() => {}, 1000)\n`
  }

  for (const command of [
    ['node', path.join(root, 'dist/bin.js'), 'child'],
    ['node', 'app.js'],
    ['node', 'app.mjs'],
    ['node', 'later.js']
  ])
    it(`${command.map((word) => path.basename(word)).join(' ')} is the same child`, async () => {
      const child = start(installed(files), { command })
      assert.equal(await child.ask(initialize), status('initialize'))
      assert.equal(await child.ask(batch(1)), checkpoint(0))
      assert.equal(await child.reply(), status('processRecords'))
      child.send(`{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null,"error":null}\n`)
      const left = await child.left()
      assert.equal(left.code, 3)
      assertReplies(left, [status('initialize'), checkpoint(0), status('processRecords')])
      assert.match(left.stderr, /the daemon answered a checkpoint that was not requested/)
    })

  it('a program of its own ends with 0 with its conversation, whatever it left open', async () => {
    const child = start(installed(files), { command: ['node', 'later.js'] })
    await child.ask(initialize)
    await child.ask(Action.leaseLost)
    const left = await child.end()
    assert.deepEqual([left.code, left.signal], [0, null])
  })

  it('a program of its own needs no handler in its configuration, and ends with 2 when that is wrong', async () => {
    const folder = installed({ ...files, 'kcl.config.yaml': 'checkpoint: { interval: soon }\n' })
    const left = await start(folder, { command: ['node', 'app.js'] }).left()
    assert.equal(left.code, 2)
    assert.match(left.stderr, /checkpoint\.interval: found "soon"/)
    assert.doesNotMatch(left.stderr, /handler/)
    assertReplies(left, [])
  })
})

describe('kclts check', () => {
  it('ends although the handler leaves a timer open', async () => {
    const left = await start(withHandler('setInterval(() => {}, 1000)\nexports.handler = () => true\n'), {
      command: [process.execPath, path.join(root, 'dist/bin.js'), 'check']
    }).left()
    assert.equal(left.code, 0)
    assert.match(left.stdout, /is right, and the handler loads/)
  })

  it('ends with 2 and a message when the handler calls process.exit while it is loaded', async () => {
    const left = await start(withHandler('process.exit(0)\n'), {
      command: [process.execPath, path.join(root, 'dist/bin.js'), 'check']
    }).left()
    assert.deepEqual([left.code, left.stdout], [2, ''])
    assert.match(
      left.stderr,
      /the process ended before the handler was ready: its module, or `acquire`, calls process\.exit/
    )
  })
})
