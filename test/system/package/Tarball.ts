/** The package as npm would publish it, installed from its tarball. */
import { execFileSync } from 'node:child_process'
import * as path from 'node:path'

const root = path.resolve('.')

/** Packs what is built into a folder; gives the name of the file. */
export const pack = (folder: string): string =>
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8'
  }).trim()

/** Packs what is built into a folder; gives the arguments of npm that install it there. */
export const install = (folder: string): ReadonlyArray<string> => [
  ...['install', '--prefer-offline', '--no-audit', '--no-fund'],
  `./${pack(folder)}`
]
