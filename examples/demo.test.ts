import { match } from 'node:assert'
import { spawnSync } from 'node:child_process'
import * as path from 'node:path'
import { test } from 'node:test'

test('npm run demo shows that every order arrived in spite of the faults, and what the handler printed', () => {
  const demo = path.join(__dirname, 'demo.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, '--built'], { encoding: 'utf8' })
  match(`${status}\n${stderr}`, /^0\n/)
  match(stdout, /3000 orders, spread over two shards/)
  match(stdout, /crashes of the whole worker: 1\./)
  // It compares what is in the file with what is in the stream itself, and fails when an order is missing.
  match(stdout, /They hold 2904 orders: every order of the stream with something to pay, and no other\./)
  match(stdout, /a large order: o-\d+, [\d.]+ +shardId-\d{12}\/\d+/)
})
