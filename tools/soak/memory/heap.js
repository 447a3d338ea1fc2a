'use strict'
/** Loaded into each thread of the worker before anything else: tells the size of the thread's heap, in a file of its own. */
const fs = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')

const EVERY_MS = 10_000

const file = path.join(process.env.SOAK_HEAP, `${process.pid}.${threadId}`)

const tell = () => fs.writeFileSync(file, String(process.memoryUsage().heapUsed))

setInterval(tell, EVERY_MS).unref()
