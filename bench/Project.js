'use strict'
/** A user's project in a folder of its own: handlers, a configuration, and kclts where npm would put it. */
const fs = require('node:fs')
const path = require('node:path')
const Bundle = require('../tools/build/bundle')
const Project = require('../tools/project')

const contestants = path.join(__dirname, 'contestants')

const HANDLERS = [
  ...['ignore.js', 'decode.js', 'block.js', 'reject.js', 'slow.js', 'work.js'],
  ...['data.js', 'buffer.js', 'decoder.js', 'text.js', 'codec.js']
]

/** Where the contestant `kclts-run` is bundled to, in the checkout that it is made of. */
const HOST = 'bench/.cache/host.js'

/** The program of the contestant `kclts-run`, for a project that `make` has made. */
const hostOf = (project) => path.join(fs.realpathSync(path.join(project, 'node_modules/kclts')), HOST)

const bundleHost = (checkout) =>
  Bundle.bundleProgram(
    {
      contents: fs.readFileSync(path.join(contestants, 'host.mjs'), 'utf8'),
      resolveDir: path.join(checkout, 'bench/contestants')
    },
    HOST,
    checkout
  )

/**
 * @param configuration the text of kcl.config.yaml; its handler is one of HANDLERS
 * @param checkout the folder of kclts, built
 */
const make = async (configuration, checkout = Project.root) => {
  if (!fs.existsSync(path.join(checkout, 'dist/child.js')))
    throw new Error(`${path.resolve(checkout)} is not built: npm run build there`)
  await bundleHost(checkout)
  const folder = Project.make({
    'package.json': '{ "name": "bench", "private": true }\n',
    'kcl.config.yaml': configuration
  })
  Project.install(folder, checkout)
  for (const file of HANDLERS) fs.copyFileSync(path.join(contestants, file), path.join(folder, file))
  return folder
}

const remove = (folder) => fs.rmSync(folder, { recursive: true })

module.exports = { contestants, hostOf, make, remove, root: Project.root }
