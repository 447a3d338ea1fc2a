/** `kclts jars fetch|path|verify`: the daemon's jars, such as for an image that is to start without a network. */
import * as path from 'node:path'
import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import * as Jars from '../daemon/java/Jars'
import type { Report } from './check'

type Print = (report: Report) => void

interface Given {
  readonly kcl: string
  readonly repository?: string
}

const requestOf = ({ kcl, repository }: Given): Jars.Request => {
  const address = repository ?? process.env[Config.variableOf('daemon.repository')] ?? ''
  return {
    version: kcl,
    classpath: null,
    repository: address === '' ? null : address,
    env: process.env,
    shipped: path.join(__dirname, '../daemon/java'),
    print: (text) => void process.stderr.write(text)
  }
}

const fetch = async (request: Jars.Request): Promise<Report> => {
  const folder = await Jars.fetch(request)
  return E.isLeft(folder)
    ? { text: `kclts jars: ${folder.left}\n`, code: 2 }
    : { text: `${folder.right}\n`, code: 0 }
}

const verify = (request: Jars.Request): Report => {
  const count = Jars.verify(request)
  return E.isLeft(count)
    ? { text: count.left.map((problem) => `kclts jars: ${problem}\n`).join(''), code: 2 }
    : { text: `${count.right} jars of KCL ${request.version} are what their SHA-256 sums say\n`, code: 0 }
}

export const jarsCommand = (print: Print): Command => {
  const one = (
    name: string,
    summary: string,
    report: (request: Jars.Request) => Report | Promise<Report>
  ): Command =>
    new Command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`)
      .option('--kcl <version>', 'the version of the KCL', String(Config.keyOf('daemon.version')?.fallback))
      .option(
        '--repository <address>',
        'a Maven repository to fetch from where there is no Maven (daemon.repository)'
      )
      .action(async (options: Given) => print(await report(requestOf(options))))
  return new Command('jars')
    .summary("Amazon's jars: fetch, path, verify")
    .description(
      "The jars of Amazon's daemon. `kclts run` fetches them at its first start; an image that is to start without a network fetches them when it is built."
    )
    .addCommand(one('fetch', 'fetch the jars unless they are there, and print their folder', fetch))
    .addCommand(
      one('path', 'print the folder where the jars are, or will be', (request) => ({
        text: `${Jars.folderOf(request)}\n`,
        code: 0
      }))
    )
    .addCommand(one('verify', 'compare the jars with their SHA-256 sums', verify))
}
