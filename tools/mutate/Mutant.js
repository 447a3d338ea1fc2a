'use strict'
// The tests of the fold in one file, with a rule broken: built and run in a folder of its own.
const fs = require('node:fs')
const path = require('node:path')
const { spawn } = require('node:child_process')
const esbuild = require('esbuild')

const root = path.join(__dirname, '../..')

/** A mutant that hangs is noticed too; the sources as they are may be slow on a busy machine. */
const LIMIT_MS = 60_000
const WHOLE_LIMIT_MS = 600_000

/** The unit tests come first: they are fast, and most mutants do not survive them. */
const SUITES = ['protocol', 'core', 'run', 'compat', 'properties']

/** Nothing else knows of spans. */
const suitesOf = ({ file }) => (file.startsWith('src/tracing/') ? ['tracing'] : SUITES)

/** They start the program as it was built, without the mutant. */
const OF_PROCESSES = new Set(['tracing/wiring.test.ts'])

const testFiles = (folder) =>
  fs
    .readdirSync(path.join(root, 'test', folder))
    .filter((file) => file.endsWith('.test.ts') && !OF_PROCESSES.has(`${folder}/${file}`))
    .sort()
    .map((file) => `./${folder}/${file}`)

const occurrences = (text, part) => text.split(part).length - 1

/** The source with the rule broken, or the words that say why the mutation no longer fits. */
const mutated = ({ file, find, put }) => {
  const source = fs.readFileSync(path.join(root, file), 'utf8')
  const found = occurrences(source, find)
  if (found !== 1) return { problem: `its text is in ${file} ${found} times: ${JSON.stringify(find)}` }
  return { source: source.replace(find, () => put) }
}

/** Puts the source in place of the file while esbuild reads it; the file itself is not touched. */
const inPlaceOf = (file, source) => ({
  name: 'mutant',
  setup: (build) =>
    build.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
      loaded === path.join(root, file) ? { contents: source, loader: 'ts' } : undefined
    )
})

/** Modules that a test loads into a thread or a process of its own, by their path from the working directory. */
const LOADED_BY_PATH = { 'src/run/Clock.ts': '.build/src/run/Clock.js' }

const buildLoadedByPath = (folder, plugins) =>
  Promise.all(
    Object.entries(LOADED_BY_PATH).map(([file, built]) =>
      esbuild.build({
        entryPoints: [path.join(root, file)],
        bundle: true,
        platform: 'node',
        packages: 'external',
        logLevel: 'silent',
        outfile: path.join(folder, built),
        plugins
      })
    )
  )

const build = (suite, folder, plugins) => {
  const outfile = path.join(folder, `${suite}.js`)
  return esbuild
    .build({
      stdin: {
        contents: testFiles(suite)
          .map((file) => `import ${JSON.stringify(file)}`)
          .join('\n'),
        resolveDir: path.join(root, 'test')
      },
      bundle: true,
      platform: 'node',
      packages: 'external',
      logLevel: 'silent',
      outfile,
      plugins
    })
    .then(() => outfile)
}

/** Runs the tests; gives null when all pass, or what stopped them. */
const run = (file, env, timeout) =>
  new Promise((resolve) => {
    const output = []
    const child = spawn(process.execPath, [file], {
      cwd: path.dirname(file),
      env: { ...process.env, NODE_PATH: path.join(root, 'node_modules'), KCLTS_ROOT: root, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout
    })
    child.stdout.on('data', (chunk) => output.push(chunk))
    child.stderr.on('data', (chunk) => output.push(chunk))
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(null)
      const failed = /^\s*(?:not ok \d+ - |✖ )(.*)$/m.exec(Buffer.concat(output).toString('utf8'))
      resolve(signal === null ? (failed?.[1] ?? `exit ${code}`) : 'it took too long')
    })
  })

/**
 * Runs all tests against a mutation, or against the sources as they are (null).
 *
 * Gives `{ killedBy }`, the first test that failed or null when it survived, or `{ problem }`.
 */
const examine = async (mutation, folder, env) => {
  const made = mutation === null ? { source: null } : mutated(mutation)
  if (made.problem !== undefined) return made
  const plugins = made.source === null ? [] : [inPlaceOf(mutation.file, made.source)]
  fs.mkdirSync(folder, { recursive: true })
  await buildLoadedByPath(folder, plugins)
  for (const suite of mutation === null ? SUITES : suitesOf(mutation)) {
    const limit = mutation === null ? WHOLE_LIMIT_MS : LIMIT_MS
    const killedBy = await run(await build(suite, folder, plugins), env, limit)
    if (killedBy !== null) return { killedBy }
  }
  return { killedBy: null }
}

module.exports = { examine, mutated }
