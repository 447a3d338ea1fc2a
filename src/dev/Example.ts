/** What `kclts dev --generate` runs in a folder where nothing is configured yet. It leaves nothing behind. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as ConfigFile from '../config/ConfigFile'
import type { Surroundings } from '../edge/Surroundings'
import type * as Input from './Input'

const HANDLER = path.join(__dirname, 'exampleHandler.js')

export const BEFORE = 'there is no configuration here, so a built-in example handles the generated orders\n'

export const AFTER = `
That was a built-in example. For a project with a handler of your own:
  npx kclts init my-consumer
`

interface Options extends Pick<Input.Choice, 'generate'> {
  readonly isKept: boolean
  readonly config: string | null
  readonly flags: Readonly<Record<string, string>>
}

/** Whether the example stands in for a handler: records are made up, and nothing names one. */
export const isWanted = (options: Options, { cwd, env }: Pick<Surroundings, 'cwd' | 'env'>): boolean => {
  if (options.generate === null || options.config !== null) return false
  if (options.flags.handler !== undefined || env.KCLTS_HANDLER !== undefined) return false
  const found = ConfigFile.search(cwd)
  return E.isRight(found) && found.right === null
}

export interface Example<O> {
  readonly options: O
  /** Removes the folder for dead letters. */
  readonly remove: () => void
}

export const make = <O extends Options>(options: O): Example<O> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-example-'))
  return {
    options: {
      ...options,
      isKept: false,
      flags: {
        'failure-dead-letters': path.join(folder, 'dead-letters.ndjson'),
        ...options.flags,
        handler: HANDLER
      }
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true })
  }
}
