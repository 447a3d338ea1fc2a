/** `kclts check`: is the configuration right, does the handler load, and where does each setting come from? */
import * as E from 'fp-ts/Either'
import * as Advice from '../daemon/java/Advice'
import * as ConfigSearch from '../edge/ConfigSearch'
import * as HandlerModule from '../edge/HandlerModule'
import { open, watchLoad } from '../edge/prepare'
import { openSinks } from './conversation'

export interface Report {
  readonly text: string
  readonly code: 0 | 2
}

const table = (rows: ReadonlyArray<readonly [string, string, string]>): string => {
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length))
  const [first, second] = [width(0), width(1)]
  return rows.map(([a, b, c]) => `${a.padEnd(first)}  ${b.padEnd(second)}  ${c}\n`).join('')
}

/** What to print, and the exit code: 0 when a child would start, 2 with every problem when it would not. */
export const check = async (request: ConfigSearch.Request): Promise<Report> => {
  const loaded = ConfigSearch.load(request)
  if (E.isLeft(loaded)) return wrong(loaded.left.map(ConfigSearch.show))
  const { config, file, origins } = loaded.right
  const unwatch = watchLoad()
  const module = await HandlerModule.load(config.handler)
  unwatch()
  const warnings = Advice.of(config).map(({ key, text }) => ConfigSearch.showLater(loaded.right, key, text))
  const opened = await open(loaded.right, module, openSinks, (warning) => warnings.push(warning))
  if (E.isLeft(opened)) return wrong(opened.left)
  const { outlets } = opened.right
  warnings.push(...outlets.advice)
  await outlets.close()
  return {
    text: [
      table(origins.map(({ key, shown, from }) => [key, shown, from])),
      ...warnings.map((warning) => `warning: ${warning}\n`),
      `The configuration ${file ?? 'without a file'} is right, and the handler loads.\n`
    ].join('\n'),
    code: 0
  }
}

export const wrong = (problems: ReadonlyArray<string>): Report => ({
  text: [
    ...problems.map((problem) => `${problem}\n`),
    `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}. kcl.config.example.yaml in the package shows every key.\n`
  ].join(''),
  code: 2
})
