'use strict'
/** Ends this process when its stdin ends, if stdin is a pipe. In a container, stdin is at its end from the start, and is no pipe. */
const fs = require('node:fs')

if (fs.fstatSync(0).isFIFO() || fs.fstatSync(0).isSocket())
  process.stdin.resume().once('close', () => process.exit())
