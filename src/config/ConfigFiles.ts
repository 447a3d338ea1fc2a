/** Files that two keys of the configuration name: each of them would write over, rotate or read what is the other's. */
import * as fs from 'node:fs'
import * as Config from './Config'
import type * as ConfigFile from './ConfigFile'
import type * as ConfigLayer from './Layer'

interface Use {
  /** As messages call it. */
  readonly name: string
  readonly file: string
  readonly where: ConfigFile.Where
}

const real = (file: string): string => {
  try {
    return fs.realpathSync(file)
  } catch {
    return file
  }
}

const isGiven = ({ where }: Use): boolean => where.name !== 'default'

/** At the place of the one that was written, where the other is a default. */
const clash = (writes: Use, other: Use): ConfigFile.Problem =>
  isGiven(writes)
    ? {
        where: writes.where,
        text: `${writes.name}: ${other.name} is the same file, ${other.file}; name another`
      }
    : {
        where: other.where,
        text: `${other.name}: ${writes.name} is the same file, ${writes.file}; name another`
      }

const useOf = (
  name: string,
  said: { readonly value: unknown; readonly where: ConfigFile.Where } | undefined
): ReadonlyArray<Use> =>
  typeof said?.value !== 'string' || Config.sinkOf(said.value) !== null || said.value === ''
    ? []
    : [{ name, file: real(said.value), where: said.where }]

/** The file of the letters: that of the fallback, where they go to a sink. */
const lettersOf = (effective: ReadonlyMap<string, ConfigLayer.Setting>): ReadonlyArray<Use> => {
  const letters = effective.get('failure.deadLetters')
  return Config.sinkOf(String(letters?.value)) === null
    ? useOf('failure.deadLetters', letters)
    : useOf('failure.fallback', effective.get('failure.fallback'))
}

/**
 * `file`: that of the configuration. Two sinks may share a file, and so may the sink of the letters and their fallback: their
 * lines are alike.
 */
export const problems = (
  effective: ReadonlyMap<string, ConfigLayer.Setting>,
  sinks: ReadonlyMap<string, ConfigLayer.Sink>,
  file: string | null
): ReadonlyArray<ConfigFile.Problem> => {
  const letters = lettersOf(effective)
  const ofLetters = Config.sinkOf(String(effective.get('failure.deadLetters')?.value))
  const outputs = [...sinks].flatMap(([name, { settings, where, places }]) =>
    settings.type === 'file' && name !== ofLetters
      ? useOf(`sinks.${name}.path`, { value: settings.path, where: places.get('path') ?? where })
      : []
  )
  const read = [
    ...useOf('handler', effective.get('handler')),
    ...useOf(
      'the configuration',
      file === null ? undefined : { value: file, where: { name: file, place: null } }
    )
  ]
  const pairs = [
    ...outputs.flatMap((output) => letters.map((letter) => [output, letter] as const)),
    ...[...outputs, ...letters].flatMap((writes) => read.map((other) => [writes, other] as const))
  ]
  return pairs.filter(([a, b]) => a.file === b.file).map(([a, b]) => clash(a, b))
}
