'use strict'
// `npm run test:nodes`: the tests that depend on Node itself, under other versions of it, taken from npm.
const fs = require('node:fs')
const path = require('node:path')
const { execFile, spawnSync } = require('node:child_process')
const { promisify } = require('node:util')

const root = path.join(__dirname, '..')
const cache = path.join(root, '.cache/nodes')
const STEPS = ['unit', 'transcripts', 'process']

/** The versions that kclts is tested with. */
const ALL = ['20', '22', '24', '26']

const current = process.versions.node.split('.')[0]
const asked = process.argv.slice(2)
const versions = asked.length > 0 ? asked : ALL.filter((version) => version !== current)

const npm = promisify(execFile).bind(null, 'npm')

const packageOf = (version) => `node-${process.platform}-${process.arch}@${version}`

/** Whether npm has a binary of this major version for this platform: it has none of a new one for some days. */
const isOnNpm = (version) =>
  npm(['view', packageOf(version), 'version']).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false
  )

/** The folder of a Node of this major version, or null. npm has each one's binary as a package per platform. */
const install = async (version) => {
  const folder = path.join(cache, version)
  const bin = path.join(folder, 'node_modules/node/bin')
  if (fs.existsSync(path.join(bin, 'node'))) return bin
  if (!(await isOnNpm(version))) return null
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  await npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', `node@npm:${packageOf(version)}`], {
    cwd: folder
  })
  return bin
}

const counts = { passed: 0, failed: 0, skipped: 0 }

/** Runs steps of `npm test`, prints what they print and adds to the counts. Whether all went well. */
const run = (node, args, env) => {
  const { stdout, status } = spawnSync(node, ['tools/run.js', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env }
  })
  console.log(stdout)
  const found = [...stdout.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1)
  const isWell = status === 0 && found !== undefined
  if (!isWell) process.exitCode = 1
  counts.passed += Number(found?.[1] ?? 0)
  counts.failed += Number(found?.[2] ?? 1)
  counts.skipped += Number(found?.[3] ?? 0)
  return isWell
}

const only = (steps) => steps.flatMap((step) => ['--only', step])

const runUnder = (version, bin) => {
  console.log(`Node ${version}`)
  run(path.join(bin, 'node'), ['--built', ...only(STEPS)], {
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    // The tests start hundreds of processes, each of which compiles the same modules. From Node 22 on they share that.
    NODE_COMPILE_CACHE: path.join(cache, version, 'compiled')
  })
}

const main = async () => {
  const bins = await Promise.all(versions.map(install))
  if (run(process.execPath, only(['types'])))
    versions.forEach((version, index) => {
      const bin = bins[index]
      if (bin !== null) return runUnder(version, bin)
      console.log(`SKIPPED Node ${version}: npm has no binary of it for this platform`)
      counts.skipped += 1
    })
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
}

main().catch((error) => {
  process.exitCode = 1
  console.error(error instanceof Error ? error.message : error)
})
