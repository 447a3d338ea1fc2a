'use strict'
// `npm run surface`: the public surface of the package as text, so that a diff shows what a user would notice.
// `-- --write` writes it to the file that a test compares with the tree.
const fs = require('node:fs')
const path = require('node:path')
const { exportsOf, uncommented } = require('./surface/exports')
const { keyLines, parse } = require('./surface/keys')
const { commandLines, programOf, served } = require('./surface/run')
const { byText } = require('./surface/text')
const { load } = require('./surface/types')
const { jsonLines, logLines, variables } = require('./surface/written')

const root = path.join(__dirname, '..')
const FILE = path.join(root, 'test/system/package/surface.txt')

/** The only places that are known by their paths: whoever moves one of these files corrects its path here. */
const BUILT = {
  /** Exports `main(version, args)`, which runs a command. */
  commands: '.build/src/cli/main.js',
  /** Exports `open(options)`, which serves the status. */
  server: '.build/src/host/status/Server.js',
  /** Exports `worker(more)` and `shard(number, more)`: a worker with everything filled in. */
  worker: '.build/test/host/status/Example.js',
  /** The folder with page.html. */
  page: 'src/host/status',
  /** Exports `make(level, format, hide, to)`, which makes the log. */
  log: '.build/src/edge/Log.js'
}

const built = (file) => require(path.join(root, file))
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8')

const openServer = async (worker) => {
  const { NOW, TICK } = built(BUILT.worker)
  const opened = await built(BUILT.server).open({
    listen: { host: '127.0.0.1', port: 0 },
    stalled: 1000,
    worker: () => worker,
    time: () => ({ wall: NOW, monotonic: TICK }),
    files: path.join(root, BUILT.page)
  })
  if (opened._tag === 'Left') throw new Error(opened.left)
  return opened.right
}

const servedLines = () => {
  const { worker, shard, TICK } = built(BUILT.worker)
  const waits = [{ relay: 7, since: TICK - 60_000, allowed: 1000 }]
  return served(openServer, [
    worker({ shards: [shard(0, { waiting: 0 })], unattached: [] }),
    ...['starting', 'waiting', 'stopping'].map((phase) => worker({ phase, unattached: waits }))
  ])
}

const filesUnder = (file) => {
  const whole = path.join(root, file)
  if (!fs.existsSync(whole)) return []
  if (!fs.statSync(whole).isDirectory()) return [file]
  return fs.readdirSync(whole).flatMap((name) => filesUnder(path.posix.join(file, name)))
}

/** What is in the package by a name that a user may rely on: what package.json names, and all that is not code. */
const packageLines = (manifest) => {
  const inner = (value) => (typeof value === 'object' ? Object.values(value).flatMap(inner) : [value])
  const shipped = ['package.json', 'README.md', 'LICENSE', ...manifest.files].filter((one) => one !== 'dist')
  return [
    ...Object.entries(manifest.bin).map(([name, file]) => `bin ${name}: ${file}`),
    ...Object.keys(manifest.exports).map(
      (name) => `export ${name}: ${inner(manifest.exports[name]).join(', ')}`
    ),
    ...Object.keys(manifest.typesVersions['*']).map(
      (name) => `types ${name}: ${manifest.typesVersions['*'][name]}`
    ),
    ...Object.entries(manifest.peerDependencies).map(([name, range]) => `peer ${name}: ${range}`),
    `engines node: ${manifest.engines.node}`,
    `main: ${manifest.main}, ${manifest.types}`,
    ...shipped.flatMap(filesUnder).map((file) => `file ${file}`),
    ...fs
      .readdirSync(path.join(root, 'dist'))
      .filter((name) => /\.js$|\.txt$/.test(name))
      .map((name) => `file dist/${name}`)
  ].sort(byText)
}

/** What the documentation says of exit codes: sentences, and rows of tables. */
const exitCodeLines = () =>
  ['README.md', ...filesUnder('docs').sort(byText)].flatMap((file) => {
    const text = read(file)
    const sentences = text.replace(/\s+/g, ' ').matchAll(/Exit codes?:? \d[^|]*?\.(?= |$)/g)
    const tables = text.matchAll(/^\| exit code.*\n\|.*\n((?:\|.*\n)+)/gm)
    return [
      ...Array.from(sentences, ([sentence]) => `${file}: ${sentence}`),
      ...Array.from(tables, ([, rows]) => rows.trim().split('\n')).flatMap((rows) =>
        rows.map(
          (row) =>
            `${file}: ${row
              .split('|')
              .map((cell) => cell.trim())
              .filter(Boolean)
              .join(' ')}`
        )
      )
    ]
  })

/** The keys that every line of the log has. */
const logKeys = async () => {
  const lines = []
  const log = await built(BUILT.log).make('info', 'json', (line) => line, {
    write: (line) => lines.push(line)
  })
  log.write('info', 'a message', {})
  return Object.keys(JSON.parse(lines.join('')))
    .sort(byText)
    .join(', ')
}

let made

/** The package and its program, which takes a second to make. */
const ourPackage = () => {
  made ??= { manifest: JSON.parse(read('package.json')), loaded: load(root) }
  return made
}

/** Each public name that has no comment. */
const withoutComment = () => uncommented(ourPackage().manifest, ourPackage().loaded)

/** The whole surface as text. */
const surface = async () => {
  const { manifest, loaded } = ourPackage()
  const { sections, print } = exportsOf(manifest, loaded)
  const example = read('kcl.config.example.yaml')
  const keys = parse(example)
  const flags = new Set(keys.flatMap(({ flag }) => (flag === undefined ? [] : [flag])))
  const main = path.join(root, BUILT.commands)
  const run = ['-e', `require(${JSON.stringify(main)}).main('0.0.0', process.argv.slice(1))`, '--']
  const { lines, metrics } = await servedLines()
  return [
    { title: 'package', lines: packageLines(manifest) },
    ...sections,
    { title: 'commands', lines: commandLines(await programOf(built(BUILT.commands).main), flags) },
    { title: 'keys of the configuration', lines: keyLines(example, run) },
    { title: 'environment variables, beside those of the keys', lines: variables(loaded) },
    { title: 'exit codes', lines: exitCodeLines() },
    { title: 'routes of the status server', lines },
    { title: 'metrics', lines: metrics },
    { title: 'objects that are written as JSON', lines: jsonLines(loaded, print) },
    {
      title: 'the log: messages, levels and keys',
      lines: [`every line: ${await logKeys()}`, ...logLines(loaded)]
    }
  ]
    .map(({ title, lines: all }) => `== ${title}\n\n${all.join('\n')}\n`)
    .join('\n')
}

const main = async () => {
  const text = await surface()
  if (process.argv.includes('--write')) fs.writeFileSync(FILE, text)
  else process.stdout.write(text)
}

if (require.main === module)
  main().catch((error) => {
    process.exitCode = 1
    console.error(error)
  })

module.exports = { FILE, surface, withoutComment }
