/** The jars of the AWS SDK for Java on a classpath, which only work together when they are of one version. */

/**
 * Those that the KCL calls and those below them, which no other project names so. The parts that the schema registry of AWS
 * Glue brings (`glue`, `arns`, `url-connection-client`) may be older: they are so in KCL 2.5.4 and 3.1.3.
 */
const PARTS = [
  'auth',
  'aws-core',
  'aws-(?:cbor|json|query)-protocol',
  'cloudwatch',
  'dynamodb(?:-enhanced)?',
  'http-auth(?:-[a-z-]+)?',
  'http-client-spi',
  'identity-spi',
  'kinesis',
  'netty-nio-client',
  'protocol-core',
  'regions',
  'retries',
  'sdk-core',
  'sts'
]

/** In the layout of a repository, and in a folder of jars. */
const JAR = new RegExp(`(?:^|[/\\\\])(${PARTS.join('|')})-(2\\.[0-9]+\\.[0-9]+)\\.jar$`)

/**
 * Why these jars cannot run together, with what to do; null: they can.
 *
 * The core of KCL 3.5.1 beside the multilang jar of 3.1.3 is such a case: Maven takes `sts` of an older SDK, and the daemon
 * ends because a class is missing.
 */
export const mixed = (jars: ReadonlyArray<string>): string | null => {
  const parts = new Map<string, Array<string>>()
  for (const jar of jars) {
    const [, name, version] = JAR.exec(jar) ?? []
    if (name !== undefined && version !== undefined) parts.set(version, [...(parts.get(version) ?? []), name])
  }
  if (parts.size < 2) return null
  const found = [...parts].map(([version, names]) => `${version} (${shown(names)})`)
  return `the jars mix versions of the AWS SDK, ${found.join(' and ')}, and the daemon would fail for want of classes; resolve them with the SDK's BOM (software.amazon.awssdk:bom), which gives all of them one version`
}

const SHOWN = 3

const shown = (names: ReadonlyArray<string>): string =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ')
