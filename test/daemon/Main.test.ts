import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Launch from '../../src/daemon/Launch'
import * as Main from '../../src/daemon/Main'

describe('the main class of the daemon', () => {
  it("is ours for KCL 3.5 and Amazon's for other versions, unless the configuration says which", () => {
    const mains = (main: 'kclts' | 'amazon' | null): ReadonlyArray<string> =>
      ['3.5.1', '3.5.9', '3.1.3', '2.5.4'].map((version) => Main.of({ main, handover: 'fast', version })._tag)
    assert.deepEqual(mains(null), ['Ours', 'Ours', 'Amazon', 'Amazon'])
    assert.deepEqual(mains('kclts'), ['Ours', 'Ours', 'Ours', 'Ours'])
    assert.deepEqual(mains('amazon'), ['Amazon', 'Amazon', 'Amazon', 'Amazon'])
  })

  const argumentsWith = (main: Main.Main): ReadonlyArray<string> =>
    Launch.argumentsOf({
      java: 'java',
      options: ['-Xmx1g'],
      classpath: ['/jars/a.jar', '/jars/b.jar'],
      main,
      properties: '/run/kcl.properties',
      shipped: '/shipped',
      cwd: '/run',
      env: {}
    })

  it('ours comes with its jar, before those of the daemon, and with how it hands leases over', () => {
    assert.deepEqual(argumentsWith({ _tag: 'Ours', handover: 'fast' }), [
      'java',
      '-Dfile.encoding=UTF-8',
      '-Xmx1g',
      '-Dkclts.handover=fast',
      '-cp',
      '/shipped/kclts-daemon.jar:/jars/a.jar:/jars/b.jar',
      'software.amazon.kinesis.multilang.KcltsMultiLangDaemon',
      '--properties-file',
      '/run/kcl.properties',
      '--log-configuration',
      '/shipped/logback.xml'
    ])
  })

  it("Amazon's is started without a trace of ours", () => {
    assert.deepEqual(argumentsWith({ _tag: 'Amazon' }), [
      'java',
      '-Dfile.encoding=UTF-8',
      '-Xmx1g',
      '-cp',
      '/jars/a.jar:/jars/b.jar',
      'software.amazon.kinesis.multilang.MultiLangDaemon',
      '--properties-file',
      '/run/kcl.properties',
      '--log-configuration',
      '/shipped/logback.xml'
    ])
  })
})
