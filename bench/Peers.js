'use strict'
/** Who is measured: how each is installed, and started with a handler and a policy of checkpoints. */
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const Hosts = require('./Hosts')
const Lockstep = require('./Lockstep')
const Project = require('./Project')

const CACHE = path.join(__dirname, '.cache/python')
const PYTHONS = ['python3.11', 'python3']
const VERSIONS = { amazon_kclpy: '3.2.0', kclpy: '0.2.0' }

const quietly = { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' }

const first = (programs) =>
  programs.find((program) => {
    try {
      execFileSync(program, ['--version'], quietly)
      return true
    } catch {
      return false
    }
  })

const python = path.join(CACHE, 'bin/python')

/**
 * amazon_kclpy is unpacked, not installed: its setup would fetch Amazon's jars, which no child needs.
 */
const installPython = () => {
  if (fs.existsSync(path.join(CACHE, 'installed'))) return
  const system = first(PYTHONS)
  if (system === undefined) throw new Error(`there is no ${PYTHONS.join(' and no ')}`)
  const pip = (...args) => execFileSync(python, ['-m', 'pip', '--quiet', ...args], { ...quietly, cwd: CACHE })
  fs.rmSync(CACHE, { recursive: true, force: true })
  execFileSync(system, ['-m', 'venv', CACHE], quietly)
  pip('install', `kclpy==${VERSIONS.kclpy}`)
  pip('download', '--no-deps', '--no-binary', ':all:', `amazon_kclpy==${VERSIONS.amazon_kclpy}`)
  execFileSync('tar', ['xzf', `amazon_kclpy-${VERSIONS.amazon_kclpy}.tar.gz`], { ...quietly, cwd: CACHE })
  fs.writeFileSync(path.join(CACHE, 'installed'), '')
}

const installNpm = () => {
  if (!fs.existsSync(path.join(__dirname, 'node_modules/aws-kcl')))
    execFileSync('npm', ['ci'], { ...quietly, cwd: __dirname })
}

const contestant = (file) => path.join(Project.contestants, file)

const pathWithNode = `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`

/** A contestant of arguments: the handler, the records and the seconds between checkpoints. */
const told =
  (program, file, env = {}) =>
  ({ handler, count = 0, seconds = 0 }) => ({
    command: [program, [contestant(file), handler, String(count), String(seconds)]],
    env: { ...process.env, ...env }
  })

/** Without a policy it has its own default, which is a checkpoint every minute. */
const settings = ({ handler, count, seconds }) => ({
  ...process.env,
  PATH: pathWithNode,
  KCLTS_HANDLER: `./${handler}.js`,
  ...(count === undefined ? {} : { KCLTS_CHECKPOINT_COUNT: String(count) }),
  ...(seconds === undefined ? {} : { KCLTS_CHECKPOINT_INTERVAL: String(seconds) })
})

const kclts = ({ project, ...policy }) => ({
  command: [path.join(project, 'node_modules/kclts/dist/edge/kclts-child'), []],
  env: settings(policy)
})

/** One shard in the process that `kclts run` keeps all of them in. */
const hosted = ({ project, ...policy }) => {
  const host = Hosts.open({ project, env: settings(policy) })
  return { command: host.command, cwd: host.cwd, host }
}

const nothing = () => {}

/** By name: `install` throws when it cannot be had here; `hasCheckpoints`: it can ask for one. */
const peers = {
  kclts: { install: nothing, child: kclts, hasCheckpoints: true },
  'kclts-run': { install: nothing, child: hosted, hasCheckpoints: true },
  'aws-kcl': { install: installNpm, child: told(process.execPath, 'aws-kcl.js'), hasCheckpoints: true },
  amazon_kclpy: {
    install: installPython,
    child: told(python, 'amazon_kclpy-child.py', {
      PYTHONPATH: path.join(CACHE, `amazon_kclpy-${VERSIONS.amazon_kclpy}`)
    }),
    hasCheckpoints: true
  },
  kclpy: { install: installPython, child: told(python, 'kclpy-child.py'), hasCheckpoints: true },
  'minimal-node': {
    install: nothing,
    child: told(process.execPath, 'minimal.js'),
    hasCheckpoints: false
  },
  'reads-only': {
    install: nothing,
    child: told(process.execPath, 'reads-only.js'),
    hasCheckpoints: false
  }
}

/** The last line of what went wrong, which names it. */
const reason = (error) => `${error.stderr || error.message}`.trim().split('\n').at(-1)

/**
 * Installs those that are asked for. One that cannot be had here is left out, and it is said.
 *
 * @returns names of `peers` that are here
 */
const install = (names) =>
  names.filter((name) => {
    try {
      peers[name].install()
      return true
    } catch (error) {
      console.log(`SKIPPED ${name}: ${reason(error)}\n`)
      return false
    }
  })

/**
 * A peer that can be started.
 *
 * @param project the folder of the user's project that it runs in
 * @returns `start`, from the handler with its policy and the options of the daemon to a child of Lockstep
 */
const inProject = (name, project) => {
  const { child, hasCheckpoints } = peers[name]
  return {
    hasCheckpoints,
    start: (settings, daemon = {}) => {
      const { command, ...options } = child({ project, ...settings })
      return Lockstep.start(command, { cwd: project, ...options, ...daemon })
    }
  }
}

const manifest = (folder) => JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))

const outputOf = (program, args, options = {}) => {
  try {
    return execFileSync(program, args, { ...quietly, stdio: ['ignore', 'pipe', 'ignore'], ...options }).trim()
  } catch {
    return null
  }
}

/** The commit, and whether files differ from it, those aside that the benches write. */
const commit = () => {
  const git = (...args) => outputOf('git', args, { cwd: Project.root })
  const name = git('describe', '--always')
  return git('status', '--porcelain', '--', '.', ':!bench/results') ? `${name}-dirty` : name
}

/** Which kclts this is, and whom it is measured against. */
const versions = () => ({
  kclts: manifest(Project.root).version,
  commit: commit(),
  node: process.versions.node,
  python: outputOf(python, ['-c', 'import platform; print(platform.python_version())']),
  'aws-kcl': manifest(__dirname).dependencies['aws-kcl'],
  ...VERSIONS
})

module.exports = { contestant, inProject, install, names: Object.keys(peers), pathWithNode, versions }
