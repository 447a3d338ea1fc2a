import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { scriptOf } from '../../src/host/processes'

describe('the script of a child', () => {
  it('keeps spaces, quotes and what a shell would expand', () => {
    const script = scriptOf("/tmp/it's $HOME", '/a b/kcl.config.yaml', { 'log-level': '`x` "y"' })
    const words = script.split('\n')[1]?.replace(/^cd .* && exec \S+/, 'printf "%s\\n"') ?? ''
    assert.equal(
      spawnSync('/bin/sh', ['-c', words], { encoding: 'utf8' }).stdout,
      '--config\n/a b/kcl.config.yaml\n--log-level\n`x` "y"\n'
    )
    assert.match(script, /^#!\/bin\/sh\ncd '\/tmp\/it'\\''s \$HOME' && exec /)
  })
})
