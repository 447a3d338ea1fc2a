'use strict'
// The sources of a revision, compiled without a look at their types.
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const esbuild = require('esbuild')

const root = path.join(__dirname, '../..')

/** Puts the sources of the revision, or of the working tree (null), under a folder in which packages are found. */
const sourcesOf = (revision, folder) => {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  if (revision === null)
    return fs.cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true })
  const archive = execFileSync('git', ['archive', revision, 'src'], { cwd: root, maxBuffer: 1 << 28 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
}

/** Gives what loads a module of the revision by its name. */
const of = (revision) => {
  const folder = path.join(root, '.cache/differential', revision ?? 'now')
  sourcesOf(revision, folder)
  const files = fs
    .readdirSync(path.join(folder, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.includes('assembly'))
    .map((file) => path.join(folder, 'src', file))
  esbuild.buildSync({
    entryPoints: files,
    outbase: path.join(folder, 'src'),
    outdir: path.join(folder, 'built'),
    format: 'cjs',
    platform: 'node',
    logLevel: 'error'
  })
  return (name) => require(path.join(folder, 'built', name))
}

module.exports = { of }
