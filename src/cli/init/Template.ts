/** The files of a new project, from the folder `template` of the package. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import type { Answers } from './Answers'
import type { Place } from './Place'

export interface File {
  /** From the project's folder, with `/`. */
  readonly path: string
  readonly text: string
  /** It is pointless where the project has one of these already, such as another handler for a test. */
  readonly unless?: ReadonlyArray<string>
}

const ROOT = path.join(__dirname, '../../..')

/** The name is no .gitignore in the package, which npm would obey, and no .ts, which the compiler would take. */
const read = (name: string): string =>
  fs.readFileSync(path.join(__dirname, 'template', `${name}.template`), 'utf8')

const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')

const HANDLER = 'src/handler.ts'

/** jest takes no second configuration. */
const JEST = ['js', 'cjs', 'mjs', 'ts'].map((ending) => `jest.config.${ending}`)

export const files = ({ stream, application, runner }: Answers, place: Place): ReadonlyArray<File> => {
  const isAlone = place.inWorkspace === null
  const values = {
    stream,
    application,
    package: place.installed.replace(/^\.\//, ''),
    schema: `${place.installed}/kcl.schema.json`,
    place: isAlone ? '' : `${place.inWorkspace}/`
  }
  const file = (to: string, from = path.basename(to)): File => ({
    path: to,
    text: filled(read(from), values)
  })
  return [
    file(HANDLER),
    { ...file('src/handler.test.ts', `handler.test.${runner}.ts`), unless: [HANDLER] },
    file('kcl.config.yaml'),
    { ...file('events.ndjson'), unless: [HANDLER] },
    file('tsconfig.json'),
    ...(runner === 'jest' ? [{ ...file('jest.config.json'), unless: JEST }] : []),
    file('Dockerfile', isAlone ? 'Dockerfile' : 'Dockerfile.workspace'),
    // The root of a workspace, from which its image is built, has a .dockerignore of its own.
    file(isAlone ? '.dockerignore' : 'Dockerfile.dockerignore', 'dockerignore'),
    file('.gitignore', 'gitignore')
  ]
}

/** The version of this package, which the project will need. */
export const version = (): string =>
  (JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly version: string })
    .version
