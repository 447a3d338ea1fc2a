/* global document, getComputedStyle */
'use strict'
// The page of `kclts plan --html` in a real Chromium: what it shows, and that it needs nothing but itself.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { after, before, describe, it } = require('node:test')
const { MISSING, NARROW, WIDE, launch, overflow, shoot, skip } = require('./Chromium')

const built = path.join(process.env.KCLTS_BUILT ?? path.join(__dirname, '../../../.build'))
const { html } = require(path.join(built, 'src/cli/plan/html.js'))
const Plan = require(path.join(built, 'src/lab/plan/Plan.js'))
const Sweep = require(path.join(built, 'src/lab/plan/Sweep.js'))
const { source, whole } = require(path.join(built, 'test/lab/Lives.js'))
const { played } = require(path.join(built, 'test/lab/Recordings.js'))
const KinesisRecord = require(path.join(built, 'src/protocol/KinesisRecord.js'))

/** Batches that grow and shrink, so that a count and an interval do not come to the same. */
const moves = (records) => {
  let number = 0
  return Array.from({ length: 200 }, (_, i) => ({
    now: 2_000 + i * 1_000,
    records: Array.from({ length: Math.round(records * (1 + Math.sin(i / 20))) }, () =>
      KinesisRecord.make({
        shardId: 'shard',
        sequenceNumber: String(100_000 + number++),
        subSequenceNumber: 0,
        partitionKey: 'key',
        approximateArrivalTimestamp: null,
        base64: 'AAAA'
      })
    )
  }))
}

const lives = () =>
  [10, 4, 0].map((records, i) =>
    source({ shard: `shardId-00000000000${i}` }, played({ moves: moves(records) }))
  )

if (skip) it('the page of a plan in Chromium', { skip: MISSING })

describe('the page of a plan in Chromium', { skip }, () => {
  let browser
  let folder

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-plan-page-'))
    browser = await launch()
  })

  after(async () => {
    await browser?.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  const visit = async (t, view, { viewport = WIDE, colorScheme = 'light' } = {}) => {
    const file = path.join(folder, 'plan.html')
    fs.writeFileSync(file, html({ recording: './recording', rate: 0.625, most: null, ...view }))
    const page = await browser.newPage({ viewport, colorScheme })
    t.after(() => page.close())
    const requests = []
    const complaints = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(pathToFileURL(file).href)
    assert.deepEqual({ requests, complaints }, { requests: [pathToFileURL(file).href], complaints: [] })
    return page
  }

  const swept = () => whole(Plan.run(lives(), Sweep.parse('interval=5s..2m,count=0|50..500').right))

  it('has a point for each policy, marks the one in force, and suggests one', async (t) => {
    const plan = swept()
    const page = await visit(t, { plan, most: 200 })
    assert.equal(await page.locator('svg circle').count(), plan.candidates.length)
    assert.equal(await page.locator('svg .now text').textContent(), 'now')
    assert.match(await page.locator('svg .suggested text').textContent(), /^suggested [0-9]+$/)
    assert.match(
      await page.locator('.lead').textContent(),
      /^Suggested for at most 200 records again: interval=10s,count=/
    )
    assert.equal(await page.locator('tr.now td').first().textContent(), 'now')
    await page.locator('summary').click()
    assert.equal(await page.locator('section tr:has(td):visible').count(), plan.candidates.length + 3)
    await shoot(page, 'plan-wide')
  })

  it('is light or dark as the reader has it, and the labels can be read on both', async (t) => {
    const plan = swept()
    const shades = []
    for (const colorScheme of ['light', 'dark']) {
      const page = await visit(t, { plan, most: 200 }, { colorScheme })
      await shoot(page, `plan-${colorScheme}`)
      shades.push(
        await page.evaluate(() => {
          const shade = (text) => Number(/\d+/.exec(text)[0])
          const card = getComputedStyle(document.querySelector('section')).backgroundColor
          const label = getComputedStyle(document.querySelector('svg .tick')).fill
          return [shade(card) > 128, Math.abs(shade(card) - shade(label)) > 90]
        })
      )
    }
    assert.deepEqual(shades, [
      [true, true],
      [false, true]
    ])
  })

  it('fits a narrow screen', async (t) => {
    const page = await visit(t, { plan: swept(), most: 200 }, { viewport: NARROW })
    assert.equal(await overflow(page), 0)
    await shoot(page, 'plan-narrow')
  })

  it('shows the policy in force alone, too', async (t) => {
    const page = await visit(t, { plan: whole(Plan.run(lives(), [])) })
    assert.equal(await page.locator('svg circle').count(), 1)
    await shoot(page, 'plan-alone')
  })
})
