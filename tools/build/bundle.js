'use strict'
// The second half of `npm run build`, after tsc has written dist/: what tsc does not do.
const fs = require('node:fs')
const path = require('node:path')
const esbuild = require('esbuild')

const root = path.join(__dirname, '../..')
const src = path.join(root, 'src')
const dist = path.join(root, 'dist')

// Loaded only when a configuration asks for them, so they stay files of their own in node_modules.
const LAZY = ['jiti', 'pino-pretty', '@aws-sdk/*']

/** Paths of the regular files under `folder`, relative to it. */
const filesUnder = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))

/** tsc leaves the output of a deleted or renamed module behind, and npm would pack it. The child is not tsc's. */
const removeOrphans = () => {
  for (const file of filesUnder(dist).filter((name) => name !== 'child.js' && !name.startsWith('parts'))) {
    const source = /^(.*?)(\.d\.ts|\.js)$/.exec(file)
    if (source && !fs.existsSync(path.join(src, `${source[1]}.ts`))) fs.rmSync(path.join(dist, file))
  }
}

/** Sources, and the settings of their compiler. The classes of those in Java are in a jar. */
const isForTheBuild = (file) =>
  ['.ts', '.java', '.interceptors'].includes(path.extname(file)) || path.basename(file) === 'tsconfig.json'

/** Of a shell script. The shell keeps all of a script in memory while it runs, and there is a relay for each shard. */
const withoutComments = (text) =>
  text
    .split('\n')
    .filter((line, index) => index === 0 || !/^ *#/.test(line))
    .join('\n')

/** What a room ships beside its code keeps its place; a script, which begins with `#!`, is executable. */
const copyFiles = () => {
  for (const file of filesUnder(src).filter((name) => !isForTheBuild(name))) {
    const [from, to] = [path.join(src, file), path.join(dist, file)]
    const text = fs.readFileSync(from, 'utf8')
    fs.mkdirSync(path.dirname(to), { recursive: true })
    fs.copyFileSync(from, to)
    const isScript = text.startsWith('#!')
    if (isScript) fs.writeFileSync(to, withoutComments(text))
    fs.chmodSync(to, isScript ? 0o755 : 0o644)
  }
}

/** The folder of the package that a bundled file belongs to, or nothing for our own files. */
const packageOf = (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]

/** The licences of what is copied into the bundle ask that their text goes with the copy. */
const licences = (inputs) =>
  [...new Set(Object.keys(inputs).map(packageOf).filter(Boolean))].sort().map((folder) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })

/** Node's own modules that packages require at once and hardly use. */
const REQUIRED = /^(node:)?(assert|crypto|fs\/promises|module|worker_threads)$/

/** Those that our own files import, for their functions alone. */
const IMPORTED = /^node:(child_process|crypto|module|v8|vm)$/

/** The module of that name, which is loaded at the first call and kept: to ask `require` each time takes 0.2 us. */
const loader = (name) => `let loaded\nconst load = () => (loaded ??= require(${JSON.stringify(name)}))`

/** A function or a class of one of Node's modules, which is loaded when it is called or made. */
const whenCalled = (taken) =>
  `function (...args) { return new.target ? new (${taken})(...args) : ${taken}(...args) }`

/** What a package requires: looks like the module, and loads it when what is taken is no function, or when a function is called. */
const lookalike = (name) => {
  const real = require(name)
  const names = Object.keys(real).map((key) =>
    typeof real[key] === 'function'
      ? `${key}: { value: ${whenCalled(`load().${key}`)} }`
      : `${key}: { get: () => load().${key} }`
  )
  const itself = typeof real === 'function' ? `(${whenCalled('load()')})` : '{}'
  return `${loader(name)}\nmodule.exports = Object.defineProperties(${itself}, { ${names.join(',\n')} })`
}

/** What our own files import: of these functions a bundle has those that are used. */
const functionsOf = (name) => {
  const real = require(name)
  const names = Object.keys(real).filter((key) => typeof real[key] === 'function' && key !== 'default')
  return [loader(name), ...names.map((key) => `export const ${key} = ${whenCalled(`load().${key}`)}`)].join(
    '\n'
  )
}

/**
 * Node's own modules, each loaded when it is used. Together they are a tenth of the child's start: with the options that the wrapper
 * gives V8, Node cannot use the compiled code of them that it comes with.
 */
const nodeModulesWhenUsed = {
  name: 'node-modules-when-used',
  setup(build) {
    build.onResolve({ filter: REQUIRED }, ({ path: name, importer, kind }) =>
      kind === 'require-call' && packageOf(importer)
        ? { path: `node:${name.replace('node:', '')}`, namespace: 'required' }
        : undefined
    )
    build.onResolve({ filter: IMPORTED }, ({ path: name, importer, kind }) =>
      kind === 'import-statement' && !packageOf(importer)
        ? { path: name, namespace: 'imported', sideEffects: false }
        : undefined
    )
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path: name }) => ({ contents: lookalike(name) }))
    build.onLoad({ filter: /.*/, namespace: 'imported' }, ({ path: name }) => ({
      contents: functionsOf(name)
    }))
  }
}

/**
 * cosmiconfig looks for settings of its own in the current folder, in package.json and .config/config.*, by loaders that
 * require what a strict installer does not put within our reach, and that run code. A child has to start beside any
 * file of another tool: here they read data by what kclts depends on, and pass over code, whose settings a search that
 * does not wait never sees.
 */
const loadersOfData = {
  name: 'loaders-of-data',
  setup(build) {
    // Not the parser in the bundle, which would no longer be taken apart: 2 ms for a file that is hardly ever there.
    build.onResolve({ filter: /^yaml-when-used$/ }, () => ({ path: 'yaml', external: true }))
    build.onLoad({ filter: /cosmiconfig[\\/]dist[\\/]loaders\.js$/ }, () => ({
      contents: `const told = (kind, read) => (file, text) => {
          try {
            return read(text)
          } catch (error) {
            error.message = kind + ' Error in ' + file + ':\\n' + error.message
            throw error
          }
        }
        exports.loadJson = told('JSON', (text) => JSON.parse(text))
        exports.loadYaml = told('YAML', (text) => require('yaml-when-used').parse(text))
        exports.loadJs = exports.loadJsSync = exports.loadTs = exports.loadTsSync = () => null`
    }))
  }
}

/**
 * Packages that a program loads by themselves, by what it uses of them. V8 takes memory for all names of a file at once
 * while it compiles it, and does not give it all back: in the child's file they cost each process 3 MB.
 */
const PARTS = {
  // In a form that a bundler can take apart: 2 ms of 90.
  yaml: {
    file: path.join(path.dirname(require.resolve('yaml/package.json')), 'browser/dist/index.js'),
    names: [
      'Document',
      'LineCounter',
      'Scalar',
      'isMap',
      'isNode',
      'isScalar',
      'isSeq',
      'parse',
      'parseDocument',
      'visit'
    ]
  },
  'get-tsconfig': { file: require.resolve('get-tsconfig'), names: ['getTsconfig'] },
  pino: { file: require.resolve('pino'), names: ['default'] }
}

/** Each is a file in dist/parts. */
const partsBeside = (outfile) => ({
  name: 'parts-beside',
  setup(build) {
    const folder = path.posix.relative(path.posix.dirname(outfile), 'dist/parts')
    build.onResolve({ filter: new RegExp(`^(?:${Object.keys(PARTS).join('|')})$`) }, ({ path: name }) => ({
      path: `./${path.posix.join(folder, `${name}.js`)}`,
      external: true
    }))
  }
})

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // fp-ts and io-ts are in this form too, of which only what is used is taken.
  mainFields: ['module', 'main'],
  metafile: true,
  logLevel: 'warning',
  // A name that one of the modules in the place of Node's does not have.
  logOverride: { 'import-is-undefined': 'error' }
}

const smaller = { minifySyntax: true, minifyWhitespace: true }

/** pino asks at once whether it runs in the main thread, to use it only where it does not write synchronously, as ours always does. */
const mainThreadWhenUsed = {
  name: 'main-thread-when-used',
  setup(build) {
    build.onLoad({ filter: /[\\/]pino[\\/]lib[\\/]tools\.js$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, 'utf8')
      const asked = "const { isMainThread } = require('worker_threads')\n"
      const used = '!opts.sync && isMainThread'
      if (text.split(asked).length !== 2 || text.split('isMainThread').length !== 3 || !text.includes(used))
        throw new Error(`${file} asks for its thread in another way than before`)
      return {
        contents: text
          .replace(asked, '')
          .replace(used, "!opts.sync && require('worker_threads').isMainThread")
      }
    })
  }
}

const bundlePart = ([name, { file, names }]) =>
  esbuild.build({
    ...common,
    stdin: { contents: `export { ${names.join(', ')} } from ${JSON.stringify(file)}`, resolveDir: root },
    outfile: `dist/parts/${name}.js`,
    ...smaller,
    plugins: [nodeModulesWhenUsed, mainThreadWhenUsed]
  })

/**
 * One file starts faster than the three hundred that it is made of, and takes less memory.
 *
 * @param entry a path within the checkout, or a text and the folder that its imports start from
 * @param outfile a path within the checkout
 * @param checkout the folder of kclts, left out: this one
 */
const bundleProgram = (entry, outfile, checkout = root) =>
  esbuild.build({
    ...common,
    ...smaller,
    absWorkingDir: checkout,
    ...(typeof entry === 'string' ? { entryPoints: [entry] } : { stdin: entry }),
    outfile,
    external: LAZY,
    plugins: [nodeModulesWhenUsed, loadersOfData, partsBeside(outfile)]
  })

/** What a module finds beside itself stays where tsc and `copyFiles` have put it. */
const ownFolders = {
  name: 'own-folders',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, 'utf8')
      if (!text.includes('__dirname')) return undefined
      const place = path.posix.join('..', path.relative(src, path.dirname(file)))
      return {
        contents: text.replaceAll('__dirname', `require('path').join(__dirname, '${place}')`),
        loader: 'ts'
      }
    })
  }
}

/**
 * A package that is imported when it is used stays in node_modules: of one in CommonJS, Node finds the names that it exports,
 * and a file that esbuild makes of it has none but `default`.
 */
const packagesWhenUsed = {
  name: 'packages-when-used',
  setup(build) {
    build.onResolve({ filter: /^[^.]/ }, ({ path: name, kind }) =>
      kind === 'dynamic-import' ? { path: name, external: true } : undefined
    )
  }
}

/**
 * The commands of `kclts`: a file each, loaded when the command is called, and files of what they share, which is there once.
 * esbuild splits only modules, which Node would parse once more to find their exports: each file becomes CommonJS afterwards.
 */
const bundleCommands = async () => {
  const built = await esbuild.build({
    ...common,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: 'dist/cli',
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    write: false,
    external: LAZY,
    plugins: [
      packagesWhenUsed,
      ownFolders,
      nodeModulesWhenUsed,
      loadersOfData,
      partsBeside('dist/cli/main.js')
    ]
  })
  fs.mkdirSync(path.join(dist, 'cli'), { recursive: true })
  for (const { path: file, text } of built.outputFiles) {
    // With its lines, since Node prints one of them with the stack of a fault.
    const { code } = await esbuild.transform(text, { format: 'cjs', platform: 'node', target: 'node20' })
    // Those of users' modules and of packages stay as they are.
    fs.writeFileSync(
      file,
      code.replace(/\bimport\(("\.\/[^"]+")\)/g, 'Promise.resolve().then(()=>require($1))')
    )
  }
  return built
}

/** What `start` loads when it is called stays where tsc put it. */
const restOfTheEdge = {
  name: 'rest-of-the-edge',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/[\w/]+\.js$/ }, ({ path: name, kind, resolveDir }) =>
      kind === 'dynamic-import'
        ? { path: `./${path.relative(src, path.join(resolveDir, name))}`, external: true }
        : undefined
    )
  }
}

/** A handler requires kclts, so that its entry counts in the child's start too: with fp-ts in files, 8 ms of 100. */
const bundleEntry = () =>
  esbuild.build({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.js',
    ...smaller,
    external: ['io-ts'],
    plugins: [restOfTheEdge, nodeModulesWhenUsed]
  })

const main = async () => {
  removeOrphans()
  copyFiles()
  const child = await Promise.all([
    bundleProgram('src/host/entries/child.ts', 'dist/child.js'),
    bundleProgram('src/host/entries/childWatch.ts', 'dist/host/entries/childWatch.js'),
    bundleProgram('src/lab/entries/recorder.ts', 'dist/lab/entries/recorder.js'),
    ...Object.entries(PARTS).map(bundlePart)
  ])
  for (const [name, bundles] of Object.entries({
    child,
    cli: [await bundleCommands()],
    // In place of what tsc has written: the host starts it once for each thread.
    hostThread: [await bundleProgram('src/host/entries/hostThread.ts', 'dist/host/entries/hostThread.js')],
    index: [await bundleEntry()]
  })) {
    const inputs = Object.assign({}, ...bundles.map(({ metafile }) => metafile.inputs))
    fs.writeFileSync(path.join(dist, `${name}.licences.txt`), licences(inputs).join('\n---\n\n'))
  }
  // npm does this when it links a binary; a clone has only the build.
  fs.chmodSync(path.join(dist, 'bin.js'), 0o755)
}

if (require.main === module)
  main().catch((error) => {
    process.exitCode = 1
    if (!('errors' in error)) console.error(error)
  })

module.exports = { bundleProgram }
