/** `kclts leases` as a process, and AWS's own client in it. */
import { deepStrictEqual } from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import * as Dynamo from '../../aws/Dynamo'
import { project, root } from './Child'

const rows = {
  body: { Items: [{ leaseKey: { S: 'shard-0' }, checkpoint: { S: 'TRIM_HORIZON' } }], Count: 1 }
}

const denied = {
  status: 400,
  body: {
    __type: 'com.amazon.coral.service#AccessDeniedException',
    Message:
      'User: arn:aws:iam::1:user/eve is not authorized to perform: dynamodb:Scan on resource: arn:aws:dynamodb:eu-west-1:1:table/orders'
  }
}

type Leases = ChildProcessByStdio<null, Readable, Readable>

/** Starts it for an application of KCL 2, whose only table gives this answer. */
const start = async (t: TestContext, answer: Dynamo.Answer, ...args: ReadonlyArray<string>) => {
  const { endpoint, close } = await Dynamo.start(() => answer)
  t.after(close)
  const daemon = `{ applicationName: orders, region: eu-west-1, version: 2.5.4, dynamoDbEndpoint: "${endpoint}" }`
  const leases: Leases = spawn(process.execPath, [path.join(root, 'dist/bin.js'), 'leases', ...args], {
    cwd: project({ 'kcl.config.yaml': `daemon: ${daemon}\n` }),
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      NODE_NO_WARNINGS: '1' // of the SDK, about this Node
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  leases.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  leases.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const left = once(leases, 'close').then(() => ({
    code: leases.exitCode ?? leases.signalCode,
    stdout,
    stderr
  }))
  return { leases, left }
}

const SHOWN = `orders: 1 lease: 1 never-started

shard    parents  state          owner  checkpoint    switches
shard-0  -        never-started  -      TRIM_HORIZON  0

The table holds no times, and a worker that is gone stays the owner until another takes over: --watch shows which leases are renewed.
`

describe('kclts leases', () => {
  it('shows the table of the configuration', async (t) => {
    const { left } = await start(t, rows)
    deepStrictEqual(await left, { code: 0, stdout: SHOWN, stderr: '' })
  })

  it('names the action that is not allowed', async (t) => {
    const { left } = await start(t, denied)
    deepStrictEqual(await left, {
      code: 2,
      stdout: '',
      stderr:
        'kclts leases: orders cannot be read: arn:aws:iam::1:user/eve may not call dynamodb:Scan on arn:aws:dynamodb:eu-west-1:1:table/orders; allow it in the IAM policy; `kclts check --aws` lists what is needed\n'
    })
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`watches until ${signal}, and ends with 0`, async (t) => {
      const { leases, left } = await start(t, rows, '--watch', '1h')
      await once(leases.stdout, 'data')
      leases.kill(signal)
      const { code, stderr } = await left
      deepStrictEqual({ code, stderr }, { code: 0, stderr: '' })
    })

  it('watches until its output is read no more, and ends with 0', async (t) => {
    const { leases, left } = await start(t, rows, '--json', '--watch', '10ms')
    await once(leases.stdout, 'data')
    leases.stdout.destroy()
    const { code, stderr } = await left
    deepStrictEqual({ code, stderr }, { code: 0, stderr: '' })
  })

  it('does not watch without a pause', async (t) => {
    const { left } = await start(t, rows, '--watch', '0')
    deepStrictEqual(await left, {
      code: 2,
      stdout: '',
      stderr:
        "error: option '--watch [seconds]' argument '0' is invalid. Expected a number of seconds, or a duration such as 500ms or 1m.\n(--help shows the commands and options)\n"
    })
  })
})
