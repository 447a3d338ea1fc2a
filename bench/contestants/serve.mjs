// The host of `kclts run`: says where relays are started, then serves them until stdin ends.
import * as path from 'node:path'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import * as Host from '../../src/host/Host'

const MEGABYTE = 1e6

export const serve = async () => {
  const cwd = process.cwd()
  const dist = path.join(cwd, 'node_modules/kclts/dist')
  const loaded = ConfigSearch.load({ cwd, file: null, env: process.env, flags: {}, handlerRequired: true })
  const opened = await Host.open({
    loaded: loaded.right,
    threads: Number(process.argv[2]),
    memory: 256 * MEGABYTE,
    quarantineFile: path.join(cwd, 'hung.json'),
    entry: path.join(dist, 'host/entries/hostThread.js'),
    relay: path.join(dist, 'host/relay'),
    log: (level, message) => {
      if (level === 'error') console.error(message)
    },
    env: process.env
  })
  const host = opened.right
  process.stdout.write(`${JSON.stringify({ folder: host.folder, executable: host.executable })}\n`)
  process.stdin.resume().once('end', () => void host.close())
}
