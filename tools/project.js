'use strict'
/** A user's project for a test or a measurement: a folder with its files, and kclts where npm would put it. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '..')

/** Writes texts by their paths within the folder. */
const write = (folder, files) => {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), text)
  }
}

/** A new folder with these files. */
const make = (files = {}, within = os.tmpdir()) => {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(within, 'kclts-project-')))
  write(folder, files)
  return folder
}

/** Links the kclts of a checkout, which is built, as `npm install kclts` would put it. */
const install = (folder, checkout = root) => {
  const bin = path.join(folder, 'node_modules/.bin')
  fs.mkdirSync(bin, { recursive: true })
  fs.symlinkSync(path.resolve(checkout), path.join(folder, 'node_modules/kclts'))
  fs.symlinkSync('../kclts/dist/edge/kclts-child', path.join(bin, 'kclts-child'))
}

module.exports = { install, make, root, write }
