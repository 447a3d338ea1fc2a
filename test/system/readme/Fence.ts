/** The fenced blocks of a Markdown text. */

export interface Fence {
  /** The first word after the backticks. */
  readonly language: string
  readonly text: string
  /** Where the block is: file:line of its first line of text. */
  readonly place: string
}

/** The file that a block is: named by its first line (`// handler.ts`), or by its place. */
export const fileOf = ({ text, place }: Fence): string =>
  /^\/\/ (?:\S*\/)?([\w.-]+\.ts)\s/.exec(text)?.[1] ?? `${place.replace(/\W/g, '-')}.ts`

const FENCE = /^( *)(`{3,})([^\n`]*)\n([^]*?)^\1\2 *$/gm

export const fencesOf = (file: string, markdown: string): ReadonlyArray<Fence> =>
  [...markdown.matchAll(FENCE)].map(({ 1: indent = '', 3: info = '', 4: text = '', index }) => ({
    language: info.trim().split(' ')[0] ?? '',
    text: text.replace(new RegExp(`^${indent}`, 'gm'), ''),
    place: `${file}:${markdown.slice(0, index).split('\n').length + 1}`
  }))

/** The commands of a shell block, a line each, without prompts and comments; lines that end in `\` are joined. */
export const commandsOf = (fence: Fence): ReadonlyArray<string> =>
  fence.text
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/(^|\s)#.*$/, '')
        .trim()
    )
    .filter((line) => line !== '')
