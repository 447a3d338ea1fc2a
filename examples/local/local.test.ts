/** What `npm run local` says on a machine without Java and Maven; and that compose.yaml and the Dockerfile name files that exist. */
import { deepStrictEqual, match } from 'node:assert'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'

test('npm run local without Java and Maven says how to get them, and changes nothing', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(__dirname, 'local.js')], {
    encoding: 'utf8',
    env: { PATH: '/nowhere', HOME: '/nowhere' }
  })
  deepStrictEqual([status, stdout], [1, ''])
  match(
    stderr,
    /Java is missing: Amazon's daemon needs Java 17 or newer\.\n {2}Debian, Ubuntu {3}sudo apt-get install/
  )
  match(stderr, /Maven is missing: it fetches the jars/)
  match(stderr, /Without Java there is `npm run demo`/)
})

interface Service {
  readonly build: { readonly target: string; readonly dockerfile: string; readonly context: string }
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: unknown
}

const read = (name: string): string => fs.readFileSync(path.join(__dirname, name), 'utf8')

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}

const isCompose = (value: unknown): value is Compose =>
  typeof value === 'object' && value !== null && 'services' in value

const compose: unknown = parse(read('compose.yaml'))
if (!isCompose(compose)) throw new Error('compose.yaml has no services')

const services = Object.entries(compose.services)

test('compose.yaml names files, stages of the Dockerfile, hosts and variables that are there', () => {
  const stages = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name)
  const scripts = fs.readdirSync(path.join(__dirname, 'services'))
  const example = fs.readFileSync(path.join(__dirname, '../../kcl.config.example.yaml'), 'utf8')
  const wrong = services.flatMap(([name, { build, command = [], environment = {} }]) => [
    ...(stages.includes(build.target) ? [] : [`${name}: stage ${build.target}`]),
    ...(fs.existsSync(path.join(__dirname, build.context, build.dockerfile))
      ? []
      : [`${name}: ${build.dockerfile}`]),
    ...command
      .filter((word) => word.endsWith('.js') && !scripts.includes(word))
      .map((word) => `${name}: ${word}`),
    ...Object.keys(environment)
      .filter((key) => key.startsWith('KCLTS_') && !example.includes(key))
      .map((key) => `${name}: ${key}`),
    ...Object.values(environment)
      .flatMap((value) => [...value.matchAll(/http:\/\/(\w+)/g)])
      .filter(([, host = '']) => !(host in compose.services))
      .map(([url]) => `${name}: ${url}`)
  ])
  deepStrictEqual(wrong, [])
})

test('the files that the Dockerfile copies are there', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = '']) =>
    files.split(' ')
  )
  const missing = copied.filter(
    (file) => !file.includes('*') && !fs.existsSync(path.join(__dirname, '../..', file))
  )
  deepStrictEqual(missing, [])
  deepStrictEqual(copied.length > 5, true)
})

test('the configuration is one that kclts check accepts', () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-local-'))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(__dirname, '../../dist/bin.js'), 'check'],
    { cwd: __dirname, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: home } }
  )
  fs.rmSync(home, { recursive: true })
  deepStrictEqual([status, stderr], [0, ''], stdout)
})
