/**
 * The daemon of a run before, which may still be ending: two daemons with one worker id would renew each other's leases.
 * A small file beside the worker's slot names the daemon's process group; who starts next waits until it is gone.
 */
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import type { Clock } from '../run/Clock'
import * as Disk from '../files/Disk'

/** A process, distinguished from a later one with the same number. */
interface Process {
  readonly pid: number
  /** When it began, in the system's own words; empty where the system does not say. */
  readonly began: string
}

/** One process of the system. */
interface Seen {
  readonly group: string
  readonly began: string
  readonly isAlive: boolean
}

/** Looks at the processes of the system; null: it cannot. A zombie process, as where we are PID 1, is dead. */
type Look = () => ReadonlyMap<number, Seen> | null

/** What /proc/PID/stat (proc(5)) says from field 3 on: after the name in parentheses, which may hold anything. */
const [STATE, GROUP, BEGAN] = [3 - 3, 5 - 3, 22 - 3]

const statOf = (proc: string, pid: string): Seen | null => {
  try {
    const stat = fs.readFileSync(`${proc}/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isAlive = !/^[ZX]$/.test(fields[STATE] ?? 'X')
    return { group: fields[GROUP] ?? '', began: fields[BEGAN] ?? '', isAlive }
  } catch {
    return null
  }
}

/** Linux. */
export const byProc =
  (proc = '/proc'): Look =>
  () => {
    try {
      const pids = fs.readdirSync(proc).filter((name) => /^[0-9]+$/.test(name))
      const seen = new Map(
        pids.flatMap((pid) => {
          const stat = statOf(proc, pid)
          return stat === null ? [] : [[Number(pid), stat] as const]
        })
      )
      return seen.size === 0 ? null : seen
    } catch {
      return null
    }
  }

const LINE = /^ *([0-9]+) +([0-9]+) +(\S+) +(.+?) *$/

/** macOS and BSD, which have no /proc. `lstart` is a date to the second. */
export const byPs: Look = () => {
  try {
    const text = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000
    })
    const seen = new Map(
      text.split('\n').flatMap((line) => {
        const [, pid, group = '', state = 'Z', began = ''] = LINE.exec(line) ?? []
        return pid === undefined
          ? []
          : [
              [
                Number(pid),
                { group, began: began.replace(/ +/g, '_'), isAlive: !state.startsWith('Z') }
              ] as const
            ]
      })
    )
    return seen.size === 0 ? null : seen
  } catch {
    return null
  }
}

const proc = byProc()

export const anywhere: Look = () => proc() ?? byPs()

/** `ours`: it is the daemon. `unknown`: a group has its number, and nothing says whose it is. */
type Presence = 'gone' | 'ours' | 'unknown'

const presence = ({ pid, began }: Process, look: Look): Presence => {
  const seen = look()
  if (seen === null) return hasGroup(pid) ? 'unknown' : 'gone'
  const leader = seen.get(pid)
  if (leader !== undefined && began !== '' && leader.began !== began) return 'gone'
  if (![...seen.values()].some(({ group, isAlive }) => isAlive && group === String(pid))) return 'gone'
  return leader !== undefined && began !== '' ? 'ours' : 'unknown'
}

const hasGroup = (pid: number): boolean => {
  try {
    return process.kill(-pid, 0)
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

const read = (file: string): Process | null => {
  try {
    const [pid = '', began = ''] = fs.readFileSync(file, 'utf8').trim().split(' ')
    return /^[1-9][0-9]*$/.test(pid) ? { pid: Number(pid), began } : null
  } catch {
    return null
  }
}

/** Writes down the leader of the daemon's process group. */
export const remember = (file: string, pid: number, look = anywhere): void => {
  Disk.replace(file, `${pid} ${look()?.get(pid)?.began ?? ''}\n`)
}

export const forget = (file: string): void => fs.rmSync(file, { force: true })

/** The process group of a daemon that is still there, or null. */
export const find = (file: string, look = anywhere): number | null => {
  const found = read(file)
  return found !== null && presence(found, look) !== 'gone' ? found.pid : null
}

const LOOK_MS = 100
/** Its guardian kills it as soon as its supervisor is gone, so this is long. */
const LOOKS = 300
/** After it was killed. */
const LAST_LOOKS = 100

const kill = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just gone.
  }
}

/**
 * Waits until the daemon of the run before is gone, for half a minute. Then it is killed, if it certainly is that daemon:
 * its supervisor is gone, since the worker's slot is ours. Where that is not certain, as where a system does not say when
 * a process began and another one may have got its number, nothing is killed and the wait is over. A daemon that has lost
 * its host can begin no shard.
 *
 * @param onWait called once, with its process id, when there is something to wait for
 *
 * Right: whether it is gone. Left: it does not end though it was killed.
 */
export const gone = async (
  file: string,
  later: (...timer: Parameters<Clock['later']>) => unknown,
  onWait: (pid: number) => void,
  look = anywhere
): Promise<E.Either<string, boolean>> => {
  const daemon = read(file)
  const now = (): Presence => (daemon === null ? 'gone' : presence(daemon, look))
  const isGoneWithin = async (looks: number): Promise<boolean> => {
    for (let count = 0; count < looks; count++) {
      if (now() === 'gone') return true
      await new Promise<void>((resolve) => void later(LOOK_MS, resolve))
    }
    return now() === 'gone'
  }
  if (daemon !== null && now() !== 'gone') onWait(daemon.pid)
  let isGone = await isGoneWithin(LOOKS)
  if (!isGone && daemon !== null && now() === 'ours') {
    kill(daemon.pid)
    isGone = await isGoneWithin(LAST_LOOKS)
    if (!isGone && now() === 'ours')
      return E.left(
        `the daemon of the previous run does not end, although it was killed: process ${daemon.pid}`
      )
  }
  forget(file)
  return E.right(isGone)
}
