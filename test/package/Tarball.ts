/** The package as npm would publish it, installed from its tarball. */
import { execFileSync } from 'node:child_process'
import * as path from 'node:path'

const root = path.resolve('.')

/** Packs what is built into a folder; gives the arguments of npm that install it there. */
export const install = (folder: string): ReadonlyArray<string> => {
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8'
  })
  return ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed.trim()}`]
}
