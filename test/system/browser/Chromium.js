'use strict'
/** The system's Chromium, for the tests of pages. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

const find = () =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => fs.existsSync(file))

const executablePath = process.env.CHROMIUM || find()

const MISSING = 'no Chromium is found (apt-get install chromium); REQUIRE_BROWSER=1 makes that a failure'

/** Whether there is none, and none is required. */
const skip = executablePath === undefined && process.env.REQUIRE_BROWSER !== '1'

const launch = () => {
  assert.ok(executablePath, MISSING)
  // Chromium's own sandbox cannot be had by root, who runs the tests in a container.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : []
  return require('playwright-core').chromium.launch({ executablePath, args })
}

const NARROW = { width: 360, height: 740 }
const WIDE = { width: 1280, height: 800 }

/** How much wider the page is than its window. */
const overflow = (page) =>
  page.evaluate(() => {
    /* global document */
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })

/** For people to look at: KCLTS_SCREENSHOTS names a folder. */
const shoot = async (page, name) => {
  const folder = process.env.KCLTS_SCREENSHOTS
  if (folder !== undefined) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true })
}

module.exports = { MISSING, NARROW, WIDE, launch, overflow, shoot, skip }
