'use strict'
// npm run test:init: what `kclts init` writes, installed from npm with the packed tarball, with each runner of tests, alone
// and in a workspace. It needs the registry, and says so where it cannot reach it.
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const root = path.join(__dirname, '..')
const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-scaffolds-')))
process.on('exit', () => fs.rmSync(base, { recursive: true, force: true }))

const run = (cwd, program, ...args) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: 600_000
  })
  if (status === 0) return stdout
  throw new Error(
    `${program} ${args.join(' ')} failed\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`
  )
}

const npm = (cwd, ...args) => run(cwd, 'npm', ...args)

/** The tarball is installed first: the version that a project asks for need not be published then. */
const project = (name, manifest, folder, runner, tarball) => {
  const top = path.join(base, name)
  fs.mkdirSync(top)
  fs.writeFileSync(path.join(top, 'package.json'), JSON.stringify(manifest))
  npm(top, 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball)
  run(top, path.join(top, 'node_modules/.bin/kclts'), 'init', folder, '--test', runner)
  npm(top, 'install', '--prefer-offline', '--no-audit', '--no-fund')
  for (const script of ['test', 'check', 'dev']) npm(path.join(top, folder), 'run', script)
}

const PLACES = {
  alone: [{ private: true }, '.'],
  'in a workspace': [{ private: true, workspaces: ['packages/*'] }, 'packages/orders']
}

const main = () => {
  if (spawnSync('npm', ['ping', '--fetch-retries', '0'], { cwd: root, timeout: 60_000 }).status !== 0) {
    console.log('SKIPPED the registry of npm cannot be reached: no project of kclts init was tested')
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const packed = npm(root, 'pack', '--ignore-scripts', '--silent', '--pack-destination', base).trim()
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [place, [manifest, folder]] of Object.entries(PLACES))
    for (const runner of ['node', 'vitest', 'jest']) {
      try {
        project(`${runner}-${folder.length}`, manifest, folder, runner, path.join(base, packed))
        counts.passed += 1
        console.log(`ok: a new project ${place}, tested by ${runner}`)
      } catch (problem) {
        counts.failed += 1
        console.log(`FAILED: a new project ${place}, tested by ${runner}\n${problem.message}`)
      }
    }
  return counts
}

const { passed, failed, skipped } = main()
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0
