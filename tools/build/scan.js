'use strict'
// `npm run build:scan`: compiles the assembly of the scan, and writes it as a module that needs no file beside it. What it
// writes is committed, so that a build needs no compiler for it; a test compares the two.
const fs = require('node:fs')
const path = require('node:path')

const source = 'src/protocol/wire/scan/assembly/index.ts'
const root = path.join(__dirname, '../..')
const target = path.join(root, 'src/protocol/wire/scan/binary.ts')

const OPTIONS = [
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '1',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--noAssert'
]

const WIDTH = 108

/** Gives the text of the module. */
const compile = async () => {
  const { main: asc } = await import('assemblyscript/asc')
  const written = []
  const { error, stderr } = await asc([source, '--outFile', 'program.wasm', '--use', 'abort=', ...OPTIONS], {
    baseDir: root,
    writeFile: (_name, bytes) => void written.push(bytes)
  })
  if (error) throw new Error(`${source} does not compile: ${stderr.toString()}`)
  const base64 = Buffer.from(written[0]).toString('base64')
  const lines = base64.match(new RegExp(`.{1,${WIDTH}}`, 'g')).map((line) => `  '${line}'`)
  return `/** Made of assembly/index.ts by \`npm run build:scan\`: WebAssembly, in base64. */\nexport const binary =\n${lines.join(' +\n')}\n`
}

module.exports = { compile, target }

if (require.main === module)
  compile().then(
    (text) => fs.writeFileSync(target, text),
    (error) => {
      process.exitCode = 1
      process.stderr.write(`${error.message}\n`)
    }
  )
