'use strict'
/** Ends this process when its stdin does. A container's is at its end from the start, and says nothing. */
const fs = require('node:fs')

if (fs.fstatSync(0).isFIFO() || fs.fstatSync(0).isSocket())
  process.stdin.resume().once('close', () => process.exit())
