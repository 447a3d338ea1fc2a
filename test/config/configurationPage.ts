/** The part of docs/configuration.md that follows from the tables of keys: what is above it is written by hand. */
import * as Config from '../../src/config/Config'
import * as SinkSettings from '../../src/sinks/Settings'

const MARK =
  '<!-- What follows is written from the tables of keys: UPDATE_EXAMPLE=1, as CONTRIBUTING.md says. -->'

type Row = readonly [name: string, fallback: string, meaning: string]

const HEAD: Row = ['key', 'default', 'meaning']

/** As prettier would align it. */
const table = (rows: ReadonlyArray<Row>): string => {
  const cells = [HEAD, ...rows].map((row) => row.map((cell) => cell.replace(/\|/g, '\\|')))
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

const fallbackOf = ({ fallback }: Config.Key): string =>
  fallback === undefined ? 'must be given' : fallback === null ? 'not set' : `\`${fallback}\``

const rowOf = (key: Config.Key): Row => [`\`${key.path}\``, fallbackOf(key), key.meaning]

const section = (title: string, text: string, rows: ReadonlyArray<Row>): string =>
  [`## ${title}`, ...(text === '' ? [] : [text]), table(rows)].join('\n\n')

const PROPERTIES: Row = ['`daemon.properties`', 'none', Config.sectionMeanings['daemon.properties'] ?? '']

const sections = (): ReadonlyArray<string> => {
  const single = Config.keys.filter(({ path }) => !path.includes('.'))
  return [
    section('Keys without a section', '', single.map(rowOf)),
    ...Config.sections.map((name) =>
      section(`\`${name}\``, '', [
        ...Config.keys.filter(({ path }) => path.startsWith(`${name}.`)).map(rowOf),
        ...(name === 'daemon' ? [PROPERTIES] : [])
      ])
    )
  ]
}

const sinks = (): ReadonlyArray<string> => {
  const kinds = SinkSettings.kinds.filter(SinkSettings.isKind)
  const rows = new Map(kinds.map((kind) => [kind, SinkSettings.fieldsOf(kind).map(rowOf)]))
  const isShared = (row: Row): boolean =>
    [...rows.values()].every((others) => others.some((other) => String(other) === String(row)))
  const shared = [...rows.values()][0]?.filter(isShared) ?? []
  return [
    section(
      '`sinks`',
      'A sink has a name of your own (`sinks.orders`) and a `type`. Sinks of every type have these keys:',
      shared
    ),
    ...kinds.map((kind) =>
      section(`A sink of type \`${kind}\``, '', rows.get(kind)?.filter((row) => !isShared(row)) ?? [])
    )
  ]
}

/** The page, with its generated part made anew. */
export const page = (now: string): string =>
  `${[now.slice(0, now.indexOf(MARK)) + MARK, ...sections(), ...sinks()].join('\n\n')}\n`
