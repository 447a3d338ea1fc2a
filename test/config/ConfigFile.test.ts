import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import { HANDLER, MISSING, NOT_FOUND, problems, problemsIn, project, settings, yaml } from './Project'

describe('a configuration is found', () => {
  const text = 'handler: ./handler.js'
  const json = '{ "handler": "./handler.js" }'

  it('in each of its places', () => {
    for (const place of ['kcl.config.yaml', 'kcl.config.yml', '.kclrc', '.kclrc.yaml', '.kclrc.yml'])
      assert.deepEqual(settings({ [place]: text }), [`handler = ~/handler.js from ${place}:1:10`])
    for (const place of ['kcl.config.json', '.kclrc', '.kclrc.json'])
      assert.deepEqual(settings({ [place]: json }), [`handler = ~/handler.js from ${place}:1:14`])
  })

  it('in the key kcl of package.json, with the places there, tabs or not', () =>
    assert.deepEqual(
      settings({
        'package.json':
          '{\n\t"name": "orders",\n\t"kcl": {\n\t\t"handler": "./handler.js",\n\t\t"log": { "level": "warn" }\n\t}\n}\n'
      }),
      ['handler = ~/handler.js from package.json:4:14', 'log.level = warn from package.json:5:21']
    ))

  it('in kcl.config.yaml before the other places', () =>
    assert.deepEqual(
      settings({ ...yaml(''), '.kclrc': 'handler: a', 'package.json': '{ "kcl": { "handler": "b" } }' }),
      [HANDLER]
    ))

  it("from a folder within, up to the project's root, the nearest first", () => {
    const above = { ...yaml(''), 'package.json': '{}', 'src/deep/x': '' }
    assert.deepEqual(settings(above, { from: 'src/deep' }), [
      'handler = ~/handler.js from ~/kcl.config.yaml:1:10'
    ])
    assert.deepEqual(settings({ ...above, 'src/.kclrc': 'handler: ../handler.js' }, { from: 'src/deep' }), [
      'handler = ~/handler.js from ~/src/.kclrc:1:10'
    ])
  })

  it("not above the project's root", () =>
    assert.deepEqual(problems({ ...yaml(''), 'app/package.json': '{}' }, { from: 'app' }), [
      NOT_FOUND.replace('~', '~/app')
    ]))

  it('whatever a package.json says that has no key kcl', () => {
    for (const other of ['{}', '{ "kcl": null }', '[]', 'null', '{ "a": 1, "a": 2 }', '\uFEFF{}'])
      assert.deepEqual(problems({ 'package.json': other }), [NOT_FOUND])
  })

  it('below a package.json that is broken', () =>
    assert.deepEqual(
      settings(
        { 'app/kcl.config.yaml': 'handler: ../handler.js', 'package.json': '{ "name": ' },
        { from: 'app' }
      ),
      [HANDLER]
    ))

  it('not in code, even where settings of cosmiconfig ask for it', () => {
    const folder = project({
      '.config/config.json': '{ "cosmiconfig": { "searchPlaces": ["kcl.config.js"] } }',
      'kcl.config.js': 'throw new Error("this is not run")'
    })
    const before = process.cwd()
    process.chdir(folder)
    try {
      assert.deepEqual(problemsIn(folder), [
        'kcl.config.js:1:1: handler: missing, expected the path of the module that exports your handler',
        'kcl.config.js:1:1: found text, expected a map of keys'
      ])
    } finally {
      process.chdir(before)
    }
  })

  it(
    'and one that may not be read is reported, not passed over',
    { skip: process.getuid?.() !== 0 && 'not root' },
    () => {
      const folder = project({ ...yaml(''), '.kclrc': 'handler: other.js' })
      fs.chmodSync(path.join(folder, 'kcl.config.yaml'), 0o600)
      // The other user may not look at the clone, if a folder above it is private.
      const before = process.cwd()
      process.chdir(folder)
      process.seteuid?.(65534)
      try {
        assert.deepEqual(problemsIn(folder), [
          'kcl.config.yaml: this user may not read it; change its mode, or name another file with --config'
        ])
      } finally {
        process.seteuid?.(0)
        process.chdir(before)
      }
    }
  )

  it('nowhere: a variable or a flag that names the handler is enough', () =>
    assert.deepEqual(settings({}, { env: { KCLTS_HANDLER: 'handler.js' } }), [
      'handler = ~/handler.js from KCLTS_HANDLER'
    ]))
})

describe('--config', () => {
  it('names a file of any name, relative to the current folder', () =>
    assert.deepEqual(
      settings(
        { 'policies/fast.conf': 'handler: ../handler.js', ...yaml('') },
        { file: 'policies/fast.conf' }
      ),
      ['handler = ~/handler.js from policies/fast.conf:1:10']
    ))

  it('may name a package.json', () =>
    assert.deepEqual(
      settings({ 'app/package.json': '{"kcl":{"handler":"../handler.js"}}' }, { file: 'app/package.json' }),
      ['handler = ~/handler.js from app/package.json:1:19']
    ))

  it('that names no file, a folder, or a package.json without kcl is a problem, and no other is taken', () => {
    const files = { ...yaml(''), 'app/package.json': '{ "kclts": {} }' }
    assert.deepEqual(problems(files, { file: 'policy.yaml' }), ['--config: there is no file ~/policy.yaml'])
    assert.deepEqual(problems(files, { file: 'app' }), ['--config: ~/app is not a file'])
    assert.deepEqual(problems(files, { file: '' }), ['--config: ~ is not a file'])
    assert.deepEqual(problems(files, { file: 'app/package.json' }), [
      '--config: ~/app/package.json has no key kcl, expected the configuration there'
    ])
  })
})

describe('a file', () => {
  const broken = (text: string): ReadonlyArray<string> => problems({ 'kcl.config.yaml': text })

  it('that is no YAML is reported with line and column', () => {
    assert.deepEqual(broken('handler: @here\nlog: [1\n'), [
      'kcl.config.yaml:1:10: Plain value cannot start with reserved character @',
      'kcl.config.yaml:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]'
    ])
    assert.deepEqual(broken('log:\n\tlevel: info\n'), [
      'kcl.config.yaml:2:1: Tabs are not allowed as indentation'
    ])
    assert.deepEqual(problems({ 'package.json': '{\n  "name": "orders",\n  "kcl": { "log"\n' }), [
      'package.json:4:1: Flow map in block collection must be sufficiently indented and end with a }',
      'package.json:4:1: Flow map must end with a }'
    ])
  })

  it('that says a key twice is refused', () =>
    assert.deepEqual(broken('log: {}\nhandler: ./handler.js\nlog: {}\n'), [
      'kcl.config.yaml:3:1: the key log is there twice; keep one of them'
    ]))

  it('with a tag, a second document or an alias of nothing is refused', () => {
    assert.deepEqual(broken('handler: !env HANDLER\n'), [
      'kcl.config.yaml:1:10: a tag begins here, expected plain YAML without tags; if it is a value, put quotes around it'
    ])
    assert.deepEqual(broken('handler: ./handler.js\n---\nlog: {}\n'), [
      'kcl.config.yaml:2:1: a second YAML document begins here, expected one'
    ])
    assert.deepEqual(broken('handler: ./handler.js\nlog: *defaults\n'), [
      'kcl.config.yaml:2:6: an alias begins here, and there is no anchor of its name before it; if it is a value, put quotes around it'
    ])
  })

  it('with aliases of aliases beyond all measure is refused', () => {
    const levels = ['b', 'c', 'd'].map((name, i) => {
      const above = '*' + 'abc'.charAt(i)
      return `${name}: &${name} [${Array(9).fill(above).join(',')}]\n`
    })
    assert.deepEqual(broken(`a: &a [${Array(9).fill('x').join(',')}]\n${levels.join('')}`), [
      'kcl.config.yaml:1:1: Excessive alias count indicates a resource exhaustion attack'
    ])
  })

  it('that is empty, or has comments alone, is a file in which the handler is missing', () => {
    for (const text of ['', '\n\n', '# handler: ./handler.js\n', '\uFEFF', 'null\n'])
      assert.deepEqual(broken(text), [`kcl.config.yaml:1:1: ${MISSING}`])
  })

  it('that is no map is refused', () =>
    assert.deepEqual(broken('- handler\n'), [
      `kcl.config.yaml:1:1: ${MISSING}`,
      'kcl.config.yaml:1:1: found a list, expected a map of keys'
    ]))

  it('with $import is refused, found or named', () => {
    const files = yaml('$import: ./other.yaml\n')
    const refused = ['kcl.config.yaml:2:1: $import: not supported; write the settings into this file']
    assert.deepEqual(problems(files), refused)
    assert.deepEqual(problems(files, { file: 'kcl.config.yaml' }), refused)
    assert.deepEqual(
      problems({ 'package.json': '{"kcl":{"handler":"./handler.js","$import":"./other.yaml"}}' }),
      ['package.json:1:34: $import: not supported; write the settings into this file']
    )
  })

  it('may have anchors and merged maps', () =>
    assert.deepEqual(
      settings(
        yaml(
          'checkpoint: &c\n  interval: &i 5s\n  shutdownDeadline: *i\nlog: &l { level: &v warn }\nfailure: { <<: {} , breaker: 3 }\n'
        )
      ),
      [
        HANDLER,
        'checkpoint.interval = 5s from kcl.config.yaml:3:16',
        'checkpoint.shutdownDeadline = 5s from kcl.config.yaml:4:21',
        'failure.breaker = 3 from kcl.config.yaml:6:30',
        'log.level = warn from kcl.config.yaml:5:21'
      ]
    ))

  it('may have a byte order mark, carriage returns and any letters, and its places stay right', () =>
    assert.deepEqual(
      settings({
        'Größe 数.js': '',
        'kcl.config.yaml': '\uFEFFhandler: "Größe 数.js"\r\n\r\nlog: { level: warn }\r\n'
      }),
      ['handler = ~/Größe 数.js from kcl.config.yaml:1:10', 'log.level = warn from kcl.config.yaml:3:15']
    ))

  it('may have sections of which all is commented out', () =>
    assert.deepEqual(settings(yaml('checkpoint:\n  # interval: 5s\nlog: {}\n')), [HANDLER]))
})
