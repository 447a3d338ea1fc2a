/** The pages that a user or a contributor reads, and the blocks in them. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Fence from './Fence'

export const root = path.resolve('.')

export const docs: ReadonlyArray<string> = fs
  .readdirSync(path.join(root, 'docs'))
  .map((name) => `docs/${name}`)

export const pages: ReadonlyArray<string> = ['README.md', 'CONTRIBUTING.md', ...docs]

export const read = (page: string): string => fs.readFileSync(path.join(root, page), 'utf8')

const fences = pages.flatMap((page) => Fence.fencesOf(page, read(page)))

export const inLanguage = (...languages: ReadonlyArray<string>): ReadonlyArray<Fence.Fence> =>
  fences.filter(({ language }) => languages.includes(language))

/** Blocks of code by their file. Each page has a folder of its own: its blocks import one another and no other page's. */
export const filesOf = (blocks: ReadonlyArray<Fence.Fence>): ReadonlyMap<string, string> =>
  new Map(blocks.map((block) => [fileOf(block), block.text]))

export const fileOf = (block: Fence.Fence): string =>
  path.posix.join(block.place.replace(/\.md:\d+$/, '').replace(/\W/g, '-'), Fence.fileOf(block))

/** The id that GitHub and npm give a heading. */
const idOf = (heading: string): string =>
  heading
    .replace(/`/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/ /g, '-')

const withoutFences = (markdown: string): string => markdown.replace(/^( *)```[^]*?^\1``` *$/gm, '')

export const headingsOf = (page: string): ReadonlyArray<string> =>
  Array.from(withoutFences(read(page)).matchAll(/^#+ (.*)$/gm), ([, heading = '']) => idOf(heading))

export interface Link {
  /** The page that it leads to. */
  readonly file: string
  /** The heading; empty: none. */
  readonly heading: string
}

/** Links that are not absolute, and pictures. */
export const linksOf = (page: string): ReadonlyArray<Link> =>
  Array.from(withoutFences(read(page)).matchAll(/\]\(([^)\s]+)\)/g), ([, to = '']) => to)
    .filter((to) => !/^https?:/.test(to))
    .map((to) => {
      const [file = '', heading = ''] = to.split('#')
      return { file: file === '' ? page : path.posix.join(path.posix.dirname(page), file), heading }
    })
