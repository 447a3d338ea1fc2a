'use strict'
// The sources of src as they lie, or as a commit has them.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')

const root = path.join(__dirname, '..')

const isSource = (file) => /\.(ts|js)$/.test(file)

/** The sources under a folder with a src, sorted: { path: from src/ with `/`, text }. */
const sourcesIn = (folder) => {
  const src = path.join(folder, 'src')
  return fs
    .readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({
      path: path.relative(src, file).split(path.sep).join('/'),
      text: fs.readFileSync(file, 'utf8')
    }))
}

/** @param ref a commit, branch or tag; undefined: the files as they lie */
const sources = (ref) => {
  if (ref === undefined) return sourcesIn(root)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-sources-'))
  try {
    const archive = path.join(folder, 'src.tar')
    execFileSync('git', ['archive', '--format=tar', '-o', archive, ref, 'src'], { cwd: root })
    execFileSync('tar', ['-xf', archive, '-C', folder])
    return sourcesIn(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** A room is a folder of src, or a file beside them. */
const roomOf = (file) => file.split('/')[0]

const signed = (n) => (n > 0 ? `+${n}` : String(n))

const percent = (before, after) =>
  before === 0 ? 'new' : `${after >= before ? '+' : ''}${(((after - before) / before) * 100).toFixed(1)} %`

/** Lines of cells as a table: the first column to the left, the others to the right. */
const table = (rows) => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}

module.exports = { sources, roomOf, signed, percent, table }
