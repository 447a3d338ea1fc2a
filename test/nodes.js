'use strict'
// `npm run test:nodes`: the tests that depend on Node itself, under other versions of it, taken from npm.
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync, spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const cache = path.join(root, '.cache/nodes')
const STEPS = ['unit', 'transcripts', 'process']

const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['22', '24']

/** Whether npm has a binary of this major version for this platform: it has none of a new one for some days. */
const isOnNpm = (version) => {
  const name = `node-${process.platform}-${process.arch}@${version}`
  const { status, stdout } = spawnSync('npm', ['view', name, 'version'], { encoding: 'utf8' })
  return fs.existsSync(path.join(cache, version)) || (status === 0 && stdout.trim() !== '')
}

/** The folder of a Node of this major version. npm has each one's binary as a package per platform. */
const install = (version) => {
  const folder = path.join(cache, version)
  const bin = path.join(folder, 'node_modules/node/bin')
  if (!fs.existsSync(path.join(bin, 'node'))) {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
    const binary = `node@npm:node-${process.platform}-${process.arch}@${version}`
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', binary], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit']
    })
  }
  return bin
}

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const version of versions) {
  if (!isOnNpm(version)) {
    console.log(`SKIPPED Node ${version}: npm has no binary of it for this platform`)
    counts.skipped += 1
    continue
  }
  const bin = install(version)
  const { stdout, status } = spawnSync(
    path.join(bin, 'node'),
    ['test/run.js', ...STEPS.flatMap((step) => ['--only', step])],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` }
    }
  )
  console.log(`Node ${version}\n${stdout}`)
  const found = [...stdout.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1)
  if (status !== 0 || found === undefined) process.exitCode = 1
  counts.passed += Number(found?.[1] ?? 0)
  counts.failed += Number(found?.[2] ?? 1)
  counts.skipped += Number(found?.[3] ?? 0)
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
