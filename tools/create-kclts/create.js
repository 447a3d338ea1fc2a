#!/usr/bin/env node
'use strict'
/** `npm create kclts`: runs `kclts init` with the same arguments. */
const path = require('node:path')

const manifest = require.resolve('kclts/package.json')
process.argv.splice(2, 0, 'init')
require(path.join(path.dirname(manifest), require(manifest).bin.kclts))
