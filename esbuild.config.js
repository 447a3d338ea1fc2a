'use strict'
// The second half of `npm run build`, after tsc has written dist/: what tsc does not do.
const fs = require('node:fs')
const path = require('node:path')
const esbuild = require('esbuild')

const src = path.join(__dirname, 'src')
const dist = path.join(__dirname, 'dist')

// Loaded only when a configuration asks for them, so they stay files of their own in node_modules.
// The last four are cosmiconfig's own loaders, which kclts replaces.
const LAZY = ['jiti', 'pino-pretty', 'typescript', 'js-yaml', 'parse-json', 'import-fresh']

/** Paths of the regular files under `folder`, relative to it. */
const filesUnder = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))

/** tsc leaves the output of a deleted or renamed module behind, and npm would pack it. */
const removeOrphans = () => {
  for (const file of filesUnder(dist)) {
    const source = /^(.*?)(\.d\.ts|\.js)$/.exec(file)
    if (source && !fs.existsSync(path.join(src, `${source[1]}.ts`))) fs.rmSync(path.join(dist, file))
  }
}

/** A shell script is a file of a room that begins with `#!`; it keeps its place and is executable. */
const copyScripts = () => {
  for (const file of filesUnder(src).filter((name) => path.extname(name) !== '.ts')) {
    if (!fs.readFileSync(path.join(src, file), 'utf8').startsWith('#!')) continue
    fs.copyFileSync(path.join(src, file), path.join(dist, file))
    fs.chmodSync(path.join(dist, file), 0o755)
  }
}

/** The folder of the package that a bundled file belongs to, or nothing for our own files. */
const packageOf = (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]

/** The licences of what is copied into the bundle ask that their text goes with the copy. */
const licences = (metafile) =>
  [...new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean))].sort().map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })

/** One file starts faster than the three hundred that it is made of. */
const bundleChild = async () => {
  const { metafile } = await esbuild.build({
    absWorkingDir: __dirname,
    entryPoints: ['src/edge/child.ts'],
    outfile: 'dist/child.js',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    external: LAZY,
    metafile: true,
    logLevel: 'warning'
  })
  fs.writeFileSync(path.join(dist, 'child.licences.txt'), licences(metafile).join('\n---\n\n'))
}

const main = async () => {
  removeOrphans()
  copyScripts()
  if (fs.existsSync(path.join(src, 'edge/child.ts'))) await bundleChild()
  // npm does this when it links a binary; a clone has only the build.
  if (fs.existsSync(path.join(dist, 'bin.js'))) fs.chmodSync(path.join(dist, 'bin.js'), 0o755)
}

main().catch((error) => {
  process.exitCode = 1
  if (!('errors' in error)) console.error(error)
})
