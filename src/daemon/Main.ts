/** The main class that Java is started with: Amazon's, or ours (`java/`), which hands leases over within seconds. */
import * as path from 'node:path'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as KclVersion from '../config/KclVersion'

export type Main =
  { readonly _tag: 'Amazon' } | { readonly _tag: 'Ours'; readonly handover: DaemonSettings['handover'] }

/** Ours where it is wanted, or where nothing is said and the version of the KCL is one that it was made for. */
export const of = ({
  main,
  handover,
  version
}: Pick<DaemonSettings, 'main' | 'handover' | 'version'>): Main =>
  KclVersion.mainOf(version, main) === 'kclts' ? { _tag: 'Ours', handover } : { _tag: 'Amazon' }

const PACKAGE = 'software.amazon.kinesis.multilang'

export const classOf = ({ _tag }: Main): string => {
  switch (_tag) {
    case 'Amazon':
      return `${PACKAGE}.MultiLangDaemon`
    case 'Ours':
      return `${PACKAGE}.KcltsMultiLangDaemon`
  }
}

/** Jars that come before those of the daemon. */
export const jarsOf = ({ _tag }: Main, shipped: string): ReadonlyArray<string> =>
  _tag === 'Amazon' ? [] : [path.join(shipped, 'kclts-daemon.jar')]

/** Options for the JVM. */
export const optionsOf = (main: Main): ReadonlyArray<string> =>
  main._tag === 'Amazon' ? [] : [`-Dkclts.handover=${main.handover}`]
