/** What a command prints, a page at a time where a person reads it, as git does it: by $PAGER, or less. */
import { spawnSync } from 'node:child_process'

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean
  readonly print: (text: string) => void
  /** Shows the text by a program of the user; false: there is no such program. */
  readonly show: (program: Program, text: string) => boolean
}

/** `shell`: the name is a command line of the user's own. */
export interface Program {
  readonly name: string
  readonly shell: boolean
  readonly env: World['env']
}

/** As git has it: quit when the text fits the screen, keep colours, leave the text on the screen. */
const LESS = 'FRX'

/** null: none is wanted, or the terminal cannot show one. */
const programOf = ({ env }: World): Program | null => {
  const named = env['PAGER']
  if (env['TERM'] === 'dumb' || named === '' || named === 'cat') return null
  const less = { ...env, LESS: env['LESS'] ?? LESS }
  return named === undefined
    ? { name: 'less', shell: false, env: less }
    : { name: named, shell: true, env: less }
}

export interface Pager {
  readonly write: (text: string) => void
  /** Shows all that was written; on a terminal it returns when the reader has seen enough. */
  readonly end: () => void
}

/** @param isWanted false: what is written is printed as it comes */
export const make = (isWanted: boolean, world: World): Pager => {
  const program = isWanted && world.isTerminal ? programOf(world) : null
  if (program === null) return { write: world.print, end: () => undefined }
  const parts: Array<string> = []
  return {
    write: (text) => void parts.push(text),
    end: () => {
      const text = parts.join('')
      if (!world.show(program, text)) world.print(text)
    }
  }
}

/** The exit code of a shell that knows no such command. */
const NOT_FOUND = 127

/** A reader who leaves early closes the pipe, which is no error. */
const show = ({ name, shell, env }: Program, text: string): boolean => {
  const { error, status } = spawnSync(name, {
    shell,
    env,
    input: text,
    stdio: ['pipe', 'inherit', 'inherit']
  })
  const isMissing = error !== undefined && 'code' in error && error.code === 'ENOENT'
  return !isMissing && status !== NOT_FOUND
}

export const real = (isWanted: boolean, print: World['print']): Pager =>
  make(isWanted, { env: process.env, isTerminal: process.stdout.isTTY === true, print, show })
