import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Archive from '../../src/daemon/Archive'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-archive-test-'))
after(() => fs.rmSync(root, { recursive: true, force: true }))

/** Says its build; writes an archive when it is told to, and takes it. */
const JAVA = `#!/bin/sh
for arg; do
  case "$arg" in
    -version) echo "openjdk version 17 build $BUILD" >&2; exit 0 ;;
    -XX:ArchiveClassesAtExit=*) [ -z "$BROKEN" ] && echo classes > "\${arg#*=}" ;;
  esac
done
[ -z "$BROKEN" ] || exit 1
echo 'ERROR	a.Scheduler	Caught exception when initializing LeaseCoordinator	x'
exit 1
`

const folder = (): string => {
  const made = fs.mkdtempSync(path.join(root, 'jars-'))
  fs.writeFileSync(path.join(made, 'a.jar'), 'a')
  fs.writeFileSync(path.join(made, 'java'), JAVA, { mode: 0o755 })
  return made
}

const start = (jars: string, version = 17, env: NodeJS.ProcessEnv = {}): Archive.Start => ({
  java: { command: path.join(jars, 'java'), version },
  options: ['-Xmx1g'],
  classpath: [path.join(jars, 'a.jar')],
  main: { _tag: 'Amazon' },
  shipped: path.resolve('src/daemon'),
  env: { PATH: process.env['PATH'], ...env }
})

describe("the daemon's classes, prepared for the JVM", () => {
  it('are taken by the same JVM with the same options and jars alone', async () => {
    const jars = folder()
    const same = start(jars)
    assert.deepEqual(await Archive.optionsIn(jars, same), [])
    const made = await Archive.make(jars, same)
    assert.ok(E.isRight(made), JSON.stringify(made))
    const option = [`-XX:SharedArchiveFile=${made.right}`]
    assert.deepEqual(
      [
        await Archive.optionsIn(jars, same),
        await Archive.make(jars, same),
        await Archive.optionsIn(jars, { ...same, options: ['-Xmx2g'] }),
        await Archive.optionsIn(jars, start(jars, 17, { BUILD: '2' })),
        await Archive.optionsIn(jars, start(jars, 11)),
        await Archive.optionsIn(path.join(jars, 'none'), same)
      ],
      [option, made, [], [], [], []]
    )
    fs.writeFileSync(path.join(jars, 'a.jar'), 'another')
    assert.deepEqual(await Archive.optionsIn(jars, same), [])
  })

  it('are left out where the JVM is too old or writes nothing, and nothing is left behind', async () => {
    const jars = folder()
    assert.deepEqual(
      [
        await Archive.make(jars, start(jars, 8)),
        await Archive.make(jars, start(jars, 17, { BROKEN: 'yes' }))
      ],
      [E.left('it needs Java 13 or newer'), E.left('the JVM wrote none (exit code 1)')]
    )
    assert.deepEqual(fs.readdirSync(jars).sort(), ['a.jar', 'java'])
  })
})
