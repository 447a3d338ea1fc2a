'use strict'
/** A user's project in a folder of its own: handlers, a configuration, and kclts where npm would put it. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '..')
const contestants = path.join(__dirname, 'contestants')

const HANDLERS = ['ignore.js', 'decode.js', 'block.js', 'reject.js', 'slow.js', 'work.js']

/**
 * @param configuration the text of kcl.config.yaml; its handler is one of HANDLERS
 * @param checkout the folder of kclts, built
 */
const make = (configuration, checkout = root) => {
  if (!fs.existsSync(path.join(checkout, 'dist/child.js')))
    throw new Error(`${path.resolve(checkout)} is not built: npm run build there`)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(path.resolve(checkout), path.join(folder, 'node_modules/kclts'))
  for (const file of HANDLERS) fs.copyFileSync(path.join(contestants, file), path.join(folder, file))
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "bench", "private": true }\n')
  fs.writeFileSync(path.join(folder, 'kcl.config.yaml'), configuration)
  return folder
}

const remove = (folder) => fs.rmSync(folder, { recursive: true })

module.exports = { contestants, make, remove, root }
