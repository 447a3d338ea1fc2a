'use strict'
// Whether node_modules holds what package-lock.json names, without asking npm, which takes a second.
const fs = require('node:fs')
const path = require('node:path')

const packagesOf = (file) => {
  if (!fs.existsSync(file)) return undefined
  return JSON.parse(fs.readFileSync(file, 'utf8')).packages
}

/** True if each package of the lock file is there in its version; optional ones of other platforms may be absent. */
const isInstalled = (root) => {
  const wanted = packagesOf(path.join(root, 'package-lock.json'))
  const found = packagesOf(path.join(root, 'node_modules/.package-lock.json'))
  if (wanted === undefined || found === undefined) return false
  return Object.entries(wanted)
    .filter(([folder]) => folder !== '')
    .every(([folder, { version, optional }]) =>
      found[folder] === undefined ? optional === true : found[folder].version === version
    )
}

module.exports = { isInstalled }
