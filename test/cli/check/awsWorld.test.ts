import { deepStrictEqual } from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { world } from '../../../src/cli/check/awsWorld'
import type { DaemonSettings } from '../../../src/config/DaemonSettings'
import { defaults } from '../../config/defaultConfig'

const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-jars-'))
after(() => fs.rmSync(cache, { recursive: true }))

const asked = (some: Partial<DaemonSettings>) =>
  world(
    { XDG_CACHE_HOME: cache },
    new AbortController().signal
  )({
    daemon: { ...defaults.daemon, ...some },
    home: null
  })

/** A version that no sums are shipped for. */
const VERSION = '3.0.0'

const fill = (folder: string, ...files: ReadonlyArray<string>): string => {
  fs.mkdirSync(folder, { recursive: true })
  for (const file of files) fs.writeFileSync(path.join(folder, file), '')
  return folder
}

describe('the jars that are looked at', () => {
  it('are not fetched yet, and are not fetched by that', async () => {
    deepStrictEqual(await asked({ version: VERSION }).jars(), E.right(null))
    deepStrictEqual(fs.readdirSync(cache), [])
  })

  it('are not there where the download was interrupted', async () => {
    fill(path.join(cache, 'kclts', 'kcl-2.6.0'), 'a.jar')
    deepStrictEqual(await asked({ version: '2.6.0' }).jars(), E.right(null))
  })

  it('are those of the cache', async () => {
    const folder = fill(path.join(cache, 'kclts', `kcl-${VERSION}`), 'a.jar', 'b.jar', 'complete')
    deepStrictEqual(await asked({ version: VERSION }).jars(), E.right({ count: 2, folder }))
  })

  it('are those of daemon.classpath', async () => {
    const classpath = fill(path.join(cache, 'own'), 'a.jar')
    deepStrictEqual(await asked({ classpath }).jars(), E.right({ count: 1, folder: classpath }))
  })

  it('are reported missing if daemon.classpath has none', async () => {
    const classpath = fill(path.join(cache, 'none'))
    deepStrictEqual(
      await asked({ classpath }).jars(),
      E.left([`daemon.classpath: there is no jar in ${classpath}`])
    )
  })
})

describe('Java', () => {
  it('is not asked once the user wants no more', async () => {
    const stop = new AbortController()
    stop.abort()
    const java = await world({ JAVA_HOME: '/nowhere' }, stop.signal)(defaults).java()
    deepStrictEqual(E.isLeft(java) && java.left instanceof Error && java.left.name, 'AbortError')
  })
})
