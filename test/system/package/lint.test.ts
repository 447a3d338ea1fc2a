/** What publint and are-the-types-wrong say of the tarball. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as Tarball from './Tarball'

const root = path.resolve('.')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lint-'))
const tools = path.join(root, 'test/system/package/node_modules')

/** Findings that we live with, each with its reason. There is none. */
const ACCEPTED: ReadonlyArray<string> = []

const skip = fs.existsSync(path.join(tools, 'publint'))
  ? false
  : 'publint and attw are not installed: npm ci --prefix test/system/package'

const run = (program: string, ...args: ReadonlyArray<string>): string => {
  const { stdout, stderr, error } = spawnSync(process.execPath, [path.join(tools, program), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    encoding: 'utf8',
    timeout: 300_000
  })
  return error === undefined ? stdout + stderr : error.message
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The kinds of the problems in the report of attw, with the entry that has each. */
const problemsOf = (report: unknown): ReadonlyArray<string> => {
  if (!isObject(report) || !('analysis' in report) || !isObject(report.analysis)) return ['no report']
  const { analysis } = report
  if (!('problems' in analysis) || !Array.isArray(analysis.problems)) return ['no list of problems']
  return analysis.problems.map((problem: unknown) => JSON.stringify(problem))
}

describe('the tarball', { skip }, () => {
  let tarball = ''

  before(() => {
    tarball = path.join(folder, Tarball.pack(folder))
  })

  after(() => fs.rmSync(folder, { recursive: true, force: true }))

  it('has nothing that publint finds', () => {
    const findings = run('publint/src/cli.js', tarball)
      .split('\n')
      .filter((line) => /^\d+\. /.test(line))
      .map((line) => line.replace(/^\d+\. /, ''))
    assert.deepEqual(findings, ACCEPTED)
  })

  it('has the right types for every way to resolve a module', () => {
    const report = run('@arethetypeswrong/cli/dist/index.js', tarball, '--format', 'json')
    assert.deepEqual(problemsOf(JSON.parse(report)), ACCEPTED)
  })
})
