'use strict'
/** A user's project in a folder of its own: a handler, a configuration, and kclts where npm would put it. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const contestants = path.join(__dirname, 'contestants')

/** @param configuration the text of kcl.config.yaml; its handler is a file of contestants/ */
const make = (configuration) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  fs.mkdirSync(path.join(folder, 'node_modules'))
  fs.symlinkSync(root, path.join(folder, 'node_modules/kclts'))
  for (const file of ['handler.js', 'slow.js', 'work.js', 'blocking.js'])
    fs.copyFileSync(path.join(contestants, file), path.join(folder, file))
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "name": "bench", "private": true }\n')
  fs.writeFileSync(path.join(folder, 'kcl.config.yaml'), configuration)
  return folder
}

const remove = (folder) => fs.rmSync(folder, { recursive: true })

/** aws-kcl is installed for the benches alone, when one of them first needs it. */
const installOthers = () => {
  if (!fs.existsSync(path.join(__dirname, 'node_modules/aws-kcl')))
    execFileSync('npm', ['ci'], { cwd: __dirname, stdio: ['ignore', 'ignore', 'inherit'] })
}

module.exports = { contestants, installOthers, make, remove, root }
