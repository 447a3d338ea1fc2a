'use strict'
// What `npm test` checks, in order.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { isInstalled } = require('./installed')

const node = process.execPath

/** Test files under `folder`, relative to the root, in a stable order. */
const testFiles = (root, folder, pattern) => {
  const start = path.join(root, folder)
  if (!fs.existsSync(start)) return []
  return fs
    .readdirSync(start, { recursive: true })
    .filter((file) => pattern.test(file) && !file.split(path.sep).includes('node_modules'))
    .map((file) => path.join(folder, file))
    .sort()
}

/** Folders that are steps of their own, or parts of one; all other tests are the unit tests. */
const APART = [
  'test/properties',
  'test/transcripts',
  ...'browser daemon package process readme recipes services'
    .split(' ')
    .map((folder) => `test/system/${folder}`)
]

/** The tests of the sources, and those of the tools and the bench, which stand beside them. */
const TESTED = ['test', 'tools', 'bench']

const isIn = (file, folder) => file.startsWith(path.join(folder, path.sep))

/** Test files at work at once. Node's own choice is one less than there are cores. */
const AT_ONCE = `--test-concurrency=${Math.max(2, os.availableParallelism())}`

const nodeTest = (files, where) => {
  // node --test without files looks for some itself, and would find others.
  if (files.length === 0) throw new Error(`no test files ${where}`)
  return [[node, '--enable-source-maps', '--test', AT_ONCE, '--test-reporter=spec', ...files]]
}

/** Runs the compiled form of test files; the list is of the sources, since .build keeps what was deleted. */
const compiledTests = (choose, where) => (root) =>
  nodeTest(
    TESTED.flatMap((folder) => testFiles(root, folder, /\.test\.(ts|js)$/))
      .filter(choose)
      .map((file) => (file.endsWith('.ts') ? path.join('.build', file.replace(/\.ts$/, '.js')) : file)),
    where
  )

const folderTests = (...folders) =>
  compiledTests((file) => folders.some((folder) => isIn(file, folder)), `in ${folders.join(', ')}`)

const exampleTests = (root) => {
  const [[program, ...args]] = nodeTest(testFiles(root, 'examples', /\.test\.(ts|js|mjs)$/), 'in examples')
  return [
    ['tsc', '-p', 'examples/tsconfig.json'],
    [program, '--import', 'jiti/register', ...args]
  ]
}

/** The package, the servers that its tests talk to, what drives a browser, and what looks at the tarball. */
const installs = (root) =>
  ['.', 'test/system/services', 'test/system/browser', 'test/system/package']
    .filter((folder) => !isInstalled(path.join(root, folder)))
    .map((folder) => ['npm', 'ci', '--prefix', folder])

const step = (name, title, needs, commands, more = {}) => ({
  name,
  title,
  needs,
  commands,
  ...more
})

const counted = { counts: true }

const steps = [
  step('install', 'what npm has is installed', [], installs, { together: true }),
  step('build', 'the package builds', ['install'], () => [['npm', 'run', 'build']]),
  step('types', 'sources and tests have correct types', ['build'], () => [
    ['tsc', '-p', 'tsconfig.json'],
    ['tsc', '-p', 'src/protocol/wire/scan/assembly']
  ]),
  step('format', 'every file is formatted', ['install'], () => [
    ['prettier', '--check', '--log-level=warn', '--cache', '--cache-location=.cache/prettier', '.']
  ]),
  step(
    'lint',
    'no lint rule is broken, and public names have their comments',
    ['install'],
    () => [
      ['eslint', '--max-warnings=0', '.'],
      ['typedoc', '--emit', 'none', '--logLevel', 'Warn']
    ],
    { together: true }
  ),
  step(
    'unit',
    'unit tests, and imports between rooms',
    ['build', 'types'],
    compiledTests((file) => !APART.some((folder) => isIn(file, folder)), `in ${TESTED.join(', ')}`),
    counted
  ),
  step('transcripts', 'golden transcripts', ['types'], folderTests('test/transcripts'), counted),
  step(
    'properties',
    'properties of random conversations',
    ['types'],
    folderTests('test/properties'),
    counted
  ),
  step(
    'process',
    'real child processes over pipes',
    ['build', 'types'],
    folderTests('test/system/process'),
    counted
  ),
  step(
    'fuzz',
    '400,000 mutated lines',
    ['types'],
    () => [
      [node, 'tools/fuzz.js', '--lines', '100000'],
      [node, 'tools/fuzz/scan.js', '--lines', '300000']
    ],
    counted
  ),
  step(
    'mutate',
    'a sample of broken rules is noticed',
    ['types'],
    () => [[node, 'tools/mutate.js', '--quick']],
    counted
  ),
  step('examples', 'types and tests of the examples', ['build'], exampleTests, counted),
  step(
    'readme',
    'commands and code of README and CONTRIBUTING',
    ['build', 'types'],
    folderTests('test/system/readme', 'test/system/recipes'),
    counted
  ),
  step(
    'package',
    'the packed tarball in an empty project',
    ['build', 'types'],
    folderTests('test/system/package'),
    counted
  ),
  step(
    'services',
    'a PostgreSQL, an emulator of Kinesis and one of SQS',
    ['build', 'types'],
    folderTests('test/system/services'),
    counted
  ),
  step(
    'bench',
    'speed and CPU against a minimal child in Node',
    ['build'],
    () => [[node, 'bench/regression.js']],
    { counts: true, alone: true }
  ),
  step('browser', 'the pages in a Chromium', ['build', 'types'], folderTests('test/system/browser'), counted),
  step(
    'daemon',
    "Amazon's real daemon, the quick part",
    ['build', 'types'],
    () => [[node, 'test/system/daemon/run.js', '--quick']],
    counted
  )
]

module.exports = { steps }
