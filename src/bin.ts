#!/usr/bin/env node
/** `kclts`: hands `kclts child` straight to the bundled child, anything else to the commands. */
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import * as Collector from './edge/Collector'
import type * as Commands from './cli/main'

const [command, ...rest] = process.argv.slice(2)

const versionOf = (file: string): string => {
  const { version } = JSON.parse(fs.readFileSync(file, 'utf8')) as { readonly version: string }
  return version
}

const run = async (): Promise<void> => {
  if (command === 'child' && !rest.includes('--help') && !rest.includes('-h')) {
    process.argv.splice(2, 1)
    createRequire(__filename)('./child.js')
    return
  }
  if (command === 'run') Collector.keepSmall()
  // `import` would parse the whole file once more, to find out what it exports: 100 ms.
  const { main } = createRequire(__filename)('./cli/main.js') as typeof Commands
  await main(versionOf(path.join(__dirname, '../package.json')), process.argv.slice(2))
}

void run()
