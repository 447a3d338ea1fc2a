/** Versions of the KCL, such as `3.1.3`. */

/** Negative: `a` is the older one. */
export const compare = (a: string, b: string): number => {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Releases whose multilang jar no Maven repository here has: their core runs on an older one (`daemon/kcl/VERSION/pom.xml`). */
const ON_OLDER_MULTILANG: Readonly<Record<string, string>> = { '3.5.1': '3.1.3' }

/** The version of the multilang jar, which reads the daemon's properties. The core has the version of the KCL. */
export const multilangOf = (version: string): string => ON_OLDER_MULTILANG[version] ?? version

/** From this one on a new application has one table in DynamoDB for everything, which older ones cannot read. */
const SINGLE_TABLE = '3.5.0'

export const knowsSingleTable = (version: string): boolean => compare(version, SINGLE_TABLE) >= 0

/** KCL 2.7.0 went from classes of the AWS SDK 1 to those of SDK 2, and changed the name of the property with them. */
export const CREDENTIALS_CHANGED = '2.7.0'

/** Those that our main class was made for (`daemon/java/`). */
const hasOwnMain = (version: string): boolean => /^3\.5\./.test(version)

/** `main`: as configured; null: ours where it was made for the version. */
export const mainOf = (version: string, main: 'kclts' | 'amazon' | null): 'kclts' | 'amazon' =>
  main ?? (hasOwnMain(version) ? 'kclts' : 'amazon')

/** Whether `daemon.handover` has an effect: under other versions our main class lets Amazon's take over. */
export const handsOver = (version: string, main: 'kclts' | 'amazon' | null): boolean =>
  hasOwnMain(version) && mainOf(version, main) === 'kclts'

export const hasNewCredentials = (version: string): boolean => compare(version, CREDENTIALS_CHANGED) >= 0
