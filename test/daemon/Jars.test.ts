import * as assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as KclVersion from '../../src/config/KclVersion'
import * as Jars from '../../src/daemon/Jars'
import * as Java from '../../src/daemon/Java'
import * as Repository from '../../src/daemon/Repository'
import * as SdkParts from '../../src/daemon/SdkParts'
import * as Sums from '../../src/daemon/Sums'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-jars-'))
after(() => fs.rmSync(root, { recursive: true, force: true }))
let rooms = 0

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Room {
  readonly request: Jars.Request
  readonly printed: Array<string>
  /** Puts a program into the only folder of the PATH but the system's. */
  readonly program: (name: string, script: string) => void
}

/** A machine of its own: a home, a PATH, and a shipped list of two jars of version 9.9.9. */
const room = (more: Partial<Jars.Request> = {}): Room => {
  const home = path.join(root, String(rooms++))
  const bin = path.join(home, 'bin')
  const shipped = path.join(home, 'shipped')
  fs.mkdirSync(bin, { recursive: true })
  fs.mkdirSync(path.join(shipped, 'kcl/9.9.9'), { recursive: true })
  fs.writeFileSync(
    path.join(shipped, 'kcl/9.9.9/sums.txt'),
    `${sha256('one')}  a/one.jar\n${sha256('two')}  b/two.jar\n`
  )
  for (const tool of ['sh', 'mkdir', 'printf', 'sed'])
    for (const folder of ['/bin', '/usr/bin'])
      if (fs.existsSync(path.join(folder, tool)) && !fs.existsSync(path.join(bin, tool)))
        fs.symlinkSync(path.join(folder, tool), path.join(bin, tool))
  const printed: Array<string> = []
  return {
    printed,
    program: (name, script) =>
      fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
    request: {
      version: '9.9.9',
      classpath: null,
      repository: null,
      env: { HOME: home, PATH: bin },
      shipped,
      print: (text) => printed.push(text),
      ...more
    }
  }
}

/** A Maven that puts these jars where it is told to. */
const maven = (one: string, two: string): string =>
  `[ "$1" = --version ] && exit 0
   for a in "$@"; do case $a in -DoutputDirectory=*) to=\${a#*=};; esac; done
   mkdir -p "$to/a" "$to/b"; printf %s ${one} >"$to/a/one.jar"; printf %s ${two} >"$to/b/two.jar"`

const names = (jars: ReadonlyArray<string>): ReadonlyArray<string> => jars.map((jar) => path.basename(jar))

describe('jars', () => {
  it('come by Maven, once', async () => {
    const { request, program, printed } = room()
    program('mvn', maven('one', 'two'))
    const jars = await Jars.classpath(request)
    assert.deepEqual(pipe(jars, E.map(names)), E.right(['one.jar', 'two.jar']))
    program('mvn', 'exit 1')
    assert.deepEqual(await Jars.classpath(request), jars)
    assert.equal(printed.length, 1)
  })

  it('that are not what their sums say are not kept', async () => {
    const { request, program } = room()
    program('mvn', maven('one', 'evil'))
    const refused = await Jars.classpath(request)
    assert.match(E.isLeft(refused) ? refused.left : '', /^b\/two\.jar does not match its SHA-256 sum/)
    assert.deepEqual(fs.readdirSync(path.dirname(Jars.folderOf(request))), [])
    program('mvn', maven('one', 'two'))
    assert.ok(E.isRight(await Jars.classpath(request)))
  })

  it('of an interrupted download do not count', async () => {
    const { request, program } = room()
    fs.mkdirSync(path.join(Jars.folderOf(request), 'a'), { recursive: true })
    fs.writeFileSync(path.join(Jars.folderOf(request), 'a/one.jar'), 'o')
    program('mvn', maven('one', 'two'))
    assert.ok(E.isRight(await Jars.classpath(request)))
    assert.deepEqual(Jars.verify(request), E.right(2))
  })

  it('that Maven cannot fetch: its words are reported, with what to do', async () => {
    const { request, program } = room()
    program('mvn', '[ "$1" = --version ] && exit 0; printf "BUILD FAILURE" >&2; exit 1')
    const refused = await Jars.classpath(request)
    assert.match(
      E.isLeft(refused) ? refused.left : '',
      /^Maven cannot fetch the jars of KCL 9\.9\.9; .*daemon\.classpath:\nBUILD FAILURE$/
    )
  })

  it('cannot come without Maven and without a repository', async () => {
    const refused = await Jars.classpath(room().request)
    assert.match(
      E.isLeft(refused) ? refused.left : '',
      /there is no Maven .*daemon\.repository.*daemon\.classpath/
    )
  })

  it('of a folder are taken as they are', async () => {
    const folder = path.join(root, 'own')
    fs.mkdirSync(folder)
    const { request } = room({ classpath: folder })
    assert.deepEqual(await Jars.classpath(request), E.left(`daemon.classpath: there is no jar in ${folder}`))
    fs.writeFileSync(path.join(folder, 'x.jar'), '')
    assert.deepEqual(pipe(await Jars.classpath(request), E.map(names)), E.right(['x.jar']))
  })

  it('that are not on the list are not taken', async () => {
    const { request, program } = room()
    program('mvn', maven('one', 'two'))
    await Jars.fetch(request)
    fs.writeFileSync(path.join(Jars.folderOf(request), 'a/other.jar'), 'o')
    assert.deepEqual(pipe(await Jars.classpath(request), E.map(names)), E.right(['one.jar', 'two.jar']))
  })

  it('that are damaged later are named', async () => {
    const { request, program } = room()
    assert.ok(E.isLeft(Jars.verify(request)))
    program('mvn', maven('one', 'two'))
    await Jars.fetch(request)
    fs.writeFileSync(path.join(Jars.folderOf(request), 'a/one.jar'), 'x')
    fs.rmSync(path.join(Jars.folderOf(request), 'b/two.jar'))
    const found = Jars.verify(request)
    assert.deepEqual(E.isLeft(found) ? found.left.slice(0, 2) : [], [
      'a/one.jar does not match its SHA-256 sum: it is damaged, or another file',
      'b/two.jar is missing'
    ])
  })

  it('of the shipped versions have a list', () => {
    const shipped = path.resolve('src/daemon')
    assert.deepEqual(
      ['3.5.1', '3.1.3', '2.5.4', '0.0.0'].map((version) => Sums.read(shipped, version)?.length ?? null),
      [136, 131, 124, null]
    )
  })

  it('of the shipped lists fit together, and 3.5.1 has one version of each of its libraries', () => {
    const shipped = path.resolve('src/daemon')
    const paths = (version: string): ReadonlyArray<string> =>
      (Sums.read(shipped, version) ?? []).map((jar) => jar.path)
    assert.deepEqual(
      ['3.5.1', '3.1.3', '2.5.4'].map((version) => SdkParts.mixed(paths(version))),
      [null, null, null]
    )
    const versionsOf = (group: string): ReadonlyArray<string> => [
      ...new Set(
        paths('3.5.1').flatMap((jar) => (jar.startsWith(group) ? [jar.split('/').at(-2) ?? ''] : []))
      )
    ]
    assert.deepEqual(
      ['ch/qos/logback/', 'io/netty/', 'software/amazon/awssdk/', 'software/amazon/kinesis/'].map(versionsOf),
      [['1.3.16'], ['4.1.140.Final'], ['2.41.21'], [KclVersion.multilangOf('3.5.1'), '3.5.1']]
    )
  })

  it('that mix versions of the AWS SDK are refused before Java starts', async () => {
    const folder = path.join(root, 'mixed')
    fs.mkdirSync(folder)
    for (const name of ['sdk-core-2.41.21', 'kinesis-2.41.21', 'sts-2.33.0', 'glue-2.22.12'])
      fs.writeFileSync(path.join(folder, `${name}.jar`), '')
    const why =
      "daemon.classpath: the jars mix versions of the AWS SDK, 2.41.21 (kinesis, sdk-core) and 2.33.0 (sts), and the daemon would fail for want of classes; resolve them with the SDK's BOM (software.amazon.awssdk:bom), which gives all of them one version"
    const { request } = room({ classpath: folder })
    assert.deepEqual(await Jars.classpath(request), E.left(why))
    assert.equal(Jars.obstacle(request), why)
    fs.rmSync(path.join(folder, 'sts-2.33.0.jar'))
    assert.deepEqual(
      pipe(await Jars.classpath(request), E.map(names)),
      E.right(['glue-2.22.12.jar', 'kinesis-2.41.21.jar', 'sdk-core-2.41.21.jar'])
    )
  })

  it('are resolved with the shipped project of a version that needs one', async () => {
    const { request, program } = room()
    const noted = path.join(root, 'project.xml')
    program('mvn', `cat "$4" >${noted} 2>/dev/null; ${maven('one', 'two')}`)
    fs.symlinkSync('/bin/cat', path.join(request.env['PATH'] ?? '', 'cat'))
    fs.writeFileSync(path.join(request.shipped, 'kcl/9.9.9/pom.xml'), '<project>of 9.9.9</project>')
    assert.ok(E.isRight(await Jars.classpath(request)))
    assert.equal(fs.readFileSync(noted, 'utf8'), '<project>of 9.9.9</project>')
  })
})

describe('a repository', () => {
  /** Answers by path; a list of answers is used up one by one. */
  const served = async (answers: Record<string, Array<number | string>>) => {
    const server = http.createServer((request, response) => {
      const answer = answers[request.url ?? '']?.shift()
      if (typeof answer === 'string') response.end(answer)
      else response.writeHead(answer ?? 404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven2/`
  }
  const jars = [
    { sha256: sha256('one'), path: 'a/one.jar' },
    { sha256: sha256('two'), path: 'b/two.jar' }
  ]
  const noPause = (): Promise<void> => Promise.resolve()

  it('gives what is listed, where there is no Maven; what passes is tried again', async () => {
    const repository = await served({ '/maven2/a/one.jar': [503, 429, 'one'], '/maven2/b/two.jar': ['two'] })
    const folder = path.join(root, 'fetched')
    const done: Array<number> = []
    assert.deepEqual(
      await Repository.fetchAll(jars, repository, folder, (count) => done.push(count), noPause),
      E.right(undefined)
    )
    assert.deepEqual([Sums.problems(folder, jars), done], [[], [1, 2]])
  })

  it('that does not have one is reported', async () => {
    const repository = await served({ '/maven2/a/one.jar': ['one'] })
    const end = await Repository.fetchAll(jars, repository, path.join(root, 'half'), () => undefined, noPause)
    assert.deepEqual(end, E.left(`${repository}b/two.jar answers 404`))
  })

  it('is used for a version with a list', async () => {
    const repository = await served({ '/maven2/a/one.jar': ['one'], '/maven2/b/two.jar': ['two'] })
    const { request } = room({ repository })
    assert.deepEqual(pipe(await Jars.classpath(request), E.map(names)), E.right(['one.jar', 'two.jar']))
    assert.match(
      String(E.toUnion(await Jars.classpath({ ...request, version: '8.8.8' }))),
      /there is no list of the jars of KCL 8\.8\.8/
    )
  })
})

/** Why there is no Java. */
const whyNot = async (env: NodeJS.ProcessEnv): Promise<string> => {
  const found = await Java.find(env)
  return E.isLeft(found) ? found.left : 'there is one'
}

describe('Java', () => {
  it('reports its version in two ways', () =>
    assert.deepEqual(
      ['openjdk version "17.0.9" 2023', 'java version "1.8.0_392"', 'openjdk version "21"', 'x'].map(
        Java.versionIn
      ),
      [17, 8, 21, null]
    ))

  it('is that of JAVA_HOME, or of the PATH', async () => {
    const { request, program } = room()
    assert.match(await whyNot(request.env), /^there is no Java on the PATH; install Java 17/)
    program('java', `printf 'openjdk version "11.0.1"\\n' >&2`)
    assert.deepEqual(await Java.find(request.env), E.right({ command: 'java', version: 11 }))
    program('java', `printf 'java version "1.7.0"\\n' >&2`)
    assert.match(await whyNot(request.env), /^java is Java 7, but Amazon's daemon needs 8/)
    assert.match(
      await whyNot({ ...request.env, JAVA_HOME: '/nowhere' }),
      /^JAVA_HOME is \/nowhere, and .* cannot be started/
    )
  })
})
