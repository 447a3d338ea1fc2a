/* global document, getComputedStyle */
'use strict'
// The live page in a real Chromium: what it shows, that it changes by itself, that it asks nobody else.
const assert = require('node:assert/strict')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { MISSING, NARROW, WIDE, launch, overflow, shoot, skip } = require('./Chromium')

const root = path.join(__dirname, '../../..')
const built = path.join(process.env.KCLTS_BUILT ?? path.join(root, '.build'))
const Server = require(path.join(built, 'src/host/status/Server.js'))
const { NOW, TICK, shard, worker } = require(path.join(built, 'test/host/status/Example.js'))

/** One with a fair mix of states. */
const fair = () =>
  worker({
    sinks: [
      { sink: 'audit', failingSince: null, lastError: null },
      {
        sink: 'orders',
        failingSince: NOW - 200_000,
        lastError: { at: NOW - 200_000, text: 'HttpStatus: https://orders.example.com answered 503' }
      }
    ],
    shards: [
      shard(0),
      shard(1, { waiting: 0, open: null, replay: 0, millisBehindLatest: 0, checkpointedTick: TICK - 400 }),
      shard(2, { isFenced: true }),
      shard(3, { millisBehindLatest: 93_600_000, handled: 12_345_678, checkpointedTick: TICK - 7_300_000 }),
      shard(4, {
        watermark: null,
        checkpoint: null,
        checkpointedAt: null,
        checkpointedTick: null,
        millisBehindLatest: null,
        handled: 0
      })
    ]
  })

const sick = () => {
  const stuck = shard(7)
  return worker({
    shards: [
      { ...stuck, open: null, counts: { ...stuck.counts, movedAt: TICK - 600_000 } },
      ...Array.from({ length: 99 }, (_, i) => shard(i + 8))
    ]
  })
}

// A suite that is skipped is not counted as skipped.
if (skip) it('the status page in Chromium', { skip: MISSING })

describe('the status page in Chromium', { skip }, () => {
  let browser
  let server
  let now = NOW
  let current = fair()

  before(async () => {
    const opened = await Server.open({
      listen: { host: '127.0.0.1', port: 0 },
      stalled: 60_000,
      worker: () => ({ ...current, uptime: current.uptime + now - NOW }),
      time: () => ({ monotonic: TICK + now - NOW, wall: now }),
      files: path.join(root, 'src/host/status')
    })
    assert.equal(opened._tag, 'Right')
    server = opened.right
    browser = await launch()
  })

  after(async () => {
    await browser?.close()
    await server?.close()
  })

  /** The page as it is once its first status has come, with all that it asked for and complained of. */
  const visit = async (t, { viewport = WIDE, colorScheme = 'light' } = {}) => {
    const page = await browser.newPage({ viewport, colorScheme })
    t.after(() => page.close())
    const requests = []
    const complaints = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`http://${server.address}/`)
    await page.locator('#phase', { hasText: /working|stopping/ }).waitFor()
    return { page, requests, complaints }
  }

  const rowsOf = (page) =>
    page
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)))

  it('shows a row for each shard', async (t) => {
    current = fair()
    const { page } = await visit(t)
    const at = '49590338271490256608559692538361571095921575989136588898/7'
    assert.deepEqual(await rowsOf(page), [
      ['shardId-000000000000', 'working', '1 s', '–', '4,120', '20 s ago', '3', '120', at],
      ['shardId-000000000001', 'idle', '0 ms', '–', '4,120', 'just now', '3', '0', at],
      ['shardId-000000000002', 'lease lost', '1 s', '–', '4,120', '20 s ago', '3', '120', at],
      ['shardId-000000000003', 'working', '1 d 2 h', '–', '12,345,678', '2 h 1 min ago', '3', '120', at],
      ['shardId-000000000004', 'working', '–', '–', '0', '–', '3', '120', '–']
    ])
    assert.equal(await page.title(), 'orders · kclts')
  })

  it('shows which sinks fail, since when and why', async (t) => {
    current = fair()
    const { page } = await visit(t)
    assert.deepEqual(await page.locator('#sinks li').allTextContents(), [
      'audit: works',
      'orders: has failed for 3 min 20 s: HttpStatus: https://orders.example.com answered 503'
    ])
    assert.equal(await page.locator('#sinks .failing').count(), 1)
  })

  it('changes by itself, with a rate once it has seen two moments', async (t) => {
    now = NOW
    current = worker()
    const { page } = await visit(t)
    now = NOW + 2000
    current = worker({ phase: 'stopping', shards: [shard(0, { handled: 5120, replay: 7 })] })
    await page.locator('#phase', { hasText: 'stopping' }).waitFor()
    const [[, , , rate, handled, checkpoint, , replay]] = await rowsOf(page)
    assert.deepEqual([rate, handled, checkpoint, replay], ['500', '5,120', '22 s ago', '7'])
    now = NOW
  })

  it('says that there is no shard', async (t) => {
    current = worker({ shards: [] })
    const { page } = await visit(t)
    assert.match(await page.locator('#none').innerText(), /^This worker holds no shard\. Other workers may/)
    assert.equal(await page.locator('table').isVisible(), false)
    await shoot(page, 'none')
  })

  it('says that a shard is stalled, among a hundred', async (t) => {
    current = sick()
    const { page } = await visit(t)
    assert.equal(await page.locator('tbody tr').count(), 100)
    assert.deepEqual(await page.locator('#problems li').allTextContents(), [
      'shardId-000000000007 has made no progress for 600 s while 80 records wait'
    ])
    assert.equal(await page.title(), '⚠ orders · kclts')
    await shoot(page, 'hundred')
  })

  it('says that the worker is gone, and keeps what it showed last', async (t) => {
    current = fair()
    const { page } = await visit(t)
    await page.route('**/status.json', (route) => route.abort())
    await page.locator('#phase', { hasText: 'no answer' }).waitFor()
    assert.equal(await page.locator('tbody tr').count(), 5)
  })

  it('writes text as text, whatever a name has in it', async (t) => {
    current = worker({ application: '<img src=x onerror=alert(1)>' })
    const { page, complaints } = await visit(t)
    assert.equal(await page.locator('h1').textContent(), '<img src=x onerror=alert(1)>')
    assert.equal(await page.locator('img').count(), 0)
    assert.deepEqual(complaints, [])
  })

  it('has room on every screen between a telephone and a wall', async (t) => {
    current = fair()
    const { page } = await visit(t)
    const tooWide = []
    for (const width of [320, 600, 1087, 1089, 1200, 2560]) {
      await page.setViewportSize({ width, height: 800 })
      if ((await overflow(page)) > 0) tooWide.push(width)
    }
    assert.deepEqual(tooWide, [])
  })

  it('is a table with a name, headings of columns and of rows for those who do not see it', async (t) => {
    current = fair()
    for (const viewport of [WIDE, NARROW]) {
      const { page } = await visit(t, { viewport })
      assert.equal(await page.getByRole('table', { name: 'Shards of this worker' }).count(), 1)
      assert.equal(await page.getByRole('columnheader').count(), 9)
      assert.equal(await page.getByRole('rowheader').count(), 5)
    }
  })

  for (const [size, viewport] of [
    ['wide', WIDE],
    ['narrow', NARROW]
  ])
    for (const colorScheme of ['light', 'dark'])
      it(`fits a ${size} screen, ${colorScheme}, without a complaint and without asking anybody else`, async (t) => {
        current = fair()
        const { page, requests, complaints } = await visit(t, { viewport, colorScheme })
        assert.equal(await overflow(page), 0)
        assert.deepEqual(complaints, [])
        assert.deepEqual(
          requests.filter((url) => !url.startsWith(`http://${server.address}/`) && !url.startsWith('data:')),
          []
        )
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
        assert.equal(ground, colorScheme === 'dark' ? 'rgb(17, 21, 27)' : 'rgb(246, 247, 249)')
        await shoot(page, `${size}-${colorScheme}`)
      })
})
