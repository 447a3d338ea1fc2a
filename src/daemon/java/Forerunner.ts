/**
 * The daemon of a run before, which may still be ending: two daemons with one worker id would renew each other's leases.
 * A small file beside the worker's slot names the daemon's process group; who starts next waits until it is gone.
 */
import * as fs from 'node:fs'

/** A process, told apart from a later one that got the same number. */
interface Process {
  readonly pid: number
  /** When it began, as the kernel counts; empty where that cannot be read. */
  readonly began: string
}

/** What /proc/PID/stat (proc(5)) says from field 3 on: after the name in parentheses, which may hold anything. */
const statOf = (pid: number | string): ReadonlyArray<string> => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

const [STATE, GROUP, BEGAN] = [3 - 3, 5 - 3, 22 - 3]

const beganOf = (pid: number): string => statOf(pid)[BEGAN] ?? ''

const isAlive = (stat: ReadonlyArray<string>): boolean => !/^[ZX]$/.test(stat[STATE] ?? 'X')

/** The numbers of the processes that /proc shows. */
const processes = (): ReadonlyArray<string> => {
  try {
    return fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  } catch {
    return []
  }
}

/** Whether any of a group still runs: those that nobody buries, as where we are PID 1, are dead. */
const isGroupAlive = (leader: number): boolean => {
  const group = processes()
    .map(statOf)
    .filter((stat) => stat[GROUP] === String(leader))
  // Nothing of it to be seen: there is no such /proc, and the kernel's word counts.
  return group.length === 0 || group.some(isAlive)
}

/** Whether any process of the group that it led is left. */
const isThere = ({ pid, began }: Process): boolean => {
  const now = beganOf(pid)
  if (now !== '' && began !== '' && now !== began) return false
  try {
    process.kill(-pid, 0)
    return isGroupAlive(pid)
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
export const remember = (file: string, pid: number): void => {
  const next = `${file}.new`
  fs.writeFileSync(next, `${pid} ${beganOf(pid)}\n`, { mode: 0o600 })
  fs.renameSync(next, file)
}

export const forget = (file: string): void => fs.rmSync(file, { force: true })

/** The process group of a daemon that is still there, or null. */
export const find = (file: string): number | null => {
  const found = read(file)
  return found !== null && isThere(found) ? found.pid : null
}

const LOOK_MS = 100

/**
 * Waits until the daemon of the run before is gone.
 *
 * @param onWait told once, with its process id, when there is something to wait for
 */
export const gone = async (
  file: string,
  after: (millis: number, then: () => void) => unknown,
  onWait: (pid: number) => void
): Promise<void> => {
  const first = find(file)
  if (first !== null) onWait(first)
  while (find(file) !== null) await new Promise<void>((resolve) => void after(LOOK_MS, resolve))
  forget(file)
}
