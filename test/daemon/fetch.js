'use strict'
// One `kclts jars fetch` as a process of its own: fetch.js HOME SHIPPED REPOSITORY.
const path = require('node:path')
const Jars = require(path.resolve('.build/src/daemon/Jars.js'))

const [, , home, shipped, repository] = process.argv
Jars.fetch({
  version: '9.9.9',
  classpath: null,
  repository,
  env: { HOME: home, PATH: '/nowhere' },
  shipped,
  print: (text) => process.stdout.write(text)
}).then((end) => console.log(JSON.stringify(end)))
