/* eslint-disable */
// Compiled from 426a8b2, unchanged: Slot, Forerunner, Jars, Generate and Properties, as its workers have them.
var __create = Object.create
var __defProp = Object.defineProperty
var __getOwnPropDesc = Object.getOwnPropertyDescriptor
var __getOwnPropNames = Object.getOwnPropertyNames
var __getProtoOf = Object.getPrototypeOf
var __hasOwnProp = Object.prototype.hasOwnProperty
var __export = (target, all2) => {
  for (var name in all2) __defProp(target, name, { get: all2[name], enumerable: true })
}
var __copyProps = (to, from, except, desc) => {
  if ((from && typeof from === 'object') || typeof from === 'function') {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, {
          get: () => from[key],
          enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable
        })
  }
  return to
}
var __toESM = (mod, isNodeMode, target) => (
  (target = mod != null ? __create(__getProtoOf(mod)) : {}),
  __copyProps(
    // If the importer is in node compatibility mode or this is not an ESM
    // file that has been converted to a CommonJS file using a Babel-
    // compatible transform (i.e. "__esModule" has not been set), then set
    // "default" to the CommonJS "module.exports" for node compatibility.
    isNodeMode || !mod || !mod.__esModule
      ? __defProp(target, 'default', { value: mod, enumerable: true })
      : target,
    mod
  )
)
var __toCommonJS = (mod) => __copyProps(__defProp({}, '__esModule', { value: true }), mod)

var old_entry_exports = {}
__export(old_entry_exports, {
  Forerunner: () => Forerunner_exports,
  Generate: () => Generate_exports,
  Jars: () => Jars_exports,
  Properties: () => Properties_exports,
  Slot: () => Slot_exports
})
module.exports = __toCommonJS(old_entry_exports)

// src/daemon/java/Slot.ts
var Slot_exports = {}
__export(Slot_exports, {
  acquire: () => acquire
})
var import_node_crypto = require('node:crypto')
var fs = __toESM(require('node:fs'))
var net = __toESM(require('node:net'))
var os = __toESM(require('node:os'))
var path = __toESM(require('node:path'))
var import_promises = require('node:timers/promises')
var E = __toESM(require('fp-ts/Either'))

// src/core/Failure.ts
var make = (name, message, stack = null) => ({
  name,
  message,
  stack
})
var isErrorLike = (thrown) =>
  thrown instanceof Error ||
  (typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'stack' in thrown)
var fromError = ({ name, message, stack }) =>
  make(
    typeof name === 'string' ? name : 'Error',
    typeof message === 'string' ? message : '',
    typeof stack === 'string' ? stack : null
  )
var fromUnknown = (thrown) => {
  try {
    if (isErrorLike(thrown)) return fromError(thrown)
    return make('NotAnError', typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown))
  } catch {
    return make('NotAnError', 'a value that cannot be printed was thrown')
  }
}
var show = (failure) => (failure.message === '' ? failure.name : `${failure.name}: ${failure.message}`)

// src/daemon/java/Slot.ts
var MAX_PATH = 103
var nameOf = (number) =>
  `${number}-${Date.now().toString(36).padStart(9, '0')}-${(0, import_node_crypto.randomBytes)(4).toString('hex')}`
var numberIn = (name) => Number(/^([0-9]+)-[0-9a-z]+-[0-9a-f]+$/.exec(name)?.[1] ?? NaN)
var listen = (file) =>
  new Promise((resolve2, reject) => {
    const server = net.createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(file, () => {
      server.unref()
      resolve2(server)
    })
  })
var DEAD = ['ECONNREFUSED', 'ENOENT']
var isAlive = (file) =>
  new Promise((resolve2) => {
    const socket = net.connect(file)
    socket.once('connect', () => {
      socket.destroy()
      resolve2(true)
    })
    socket.once('error', (problem) =>
      resolve2(!('code' in problem && DEAD.some((code) => code === problem.code)))
    )
  })
var others = async (folder, number, own3) => {
  const names = fs.readdirSync(folder).filter((name) => name !== own3 && numberIn(name) === number)
  const alive = []
  for (const name of names) {
    if (await isAlive(path.join(folder, name))) alive.push(name)
    else fs.rmSync(path.join(folder, name), { force: true })
  }
  return alive
}
var LOOKS = 20
var BETWEEN_LOOKS_MS = 10
var hold = async (folder, number) => {
  const own3 = nameOf(number)
  const server = await listen(path.join(folder, own3))
  const release = () => {
    server.close()
    fs.rmSync(path.join(folder, own3), { force: true })
  }
  for (let look = 0; look < LOOKS; look++) {
    const found = await others(folder, number, own3)
    if (found.length === 0) return release
    if (found.some((name) => name < own3)) break
    await (0, import_promises.setTimeout)(BETWEEN_LOOKS_MS)
  }
  release()
  return null
}
var folderOf = (state, ...names) =>
  path.join(
    state,
    'workers',
    (0, import_node_crypto.createHash)('sha256').update(names.join('\0')).digest('hex').slice(0, 12)
  )
var inFolder = async (folder) => {
  if (Buffer.byteLength(path.join(folder, nameOf(100))) > MAX_PATH)
    return E.left(`${folder}: too long for the path of a socket; set XDG_STATE_HOME to a shorter folder`)
  await fs.promises.mkdir(folder, { recursive: true, mode: 448 })
  return E.right(folder)
}
var lowest = async (folder) => {
  for (let number = 0; ; number++) {
    const release = await hold(folder, number)
    if (release !== null)
      return { workerId: `${os.hostname()}-${number}`, file: path.join(folder, String(number)), release }
  }
}
var asked = async (folder, application, workerId) => {
  const release = await hold(folder, 0)
  return release === null
    ? E.left(
        `a worker ${workerId} of ${application} is at work on this machine; each needs a name of its own`
      )
    : E.right({ workerId, file: path.join(folder, '0'), release })
}
var acquire = async (state, application, workerId) => {
  const names = [os.hostname(), application, ...(workerId === null ? [] : [workerId])]
  try {
    const folder = await inFolder(folderOf(state, ...names))
    if (E.isLeft(folder)) return folder
    return workerId === null
      ? E.right(await lowest(folder.right))
      : await asked(folder.right, application, workerId)
  } catch (thrown) {
    return E.left(`${state}: the worker's number cannot be held: ${show(fromUnknown(thrown))}`)
  }
}

// src/daemon/java/Forerunner.ts
var Forerunner_exports = {}
__export(Forerunner_exports, {
  find: () => find,
  forget: () => forget,
  gone: () => gone,
  remember: () => remember
})
var fs2 = __toESM(require('node:fs'))
var statOf = (pid) => {
  try {
    const stat = fs2.readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
var [STATE, GROUP, BEGAN] = [3 - 3, 5 - 3, 22 - 3]
var beganOf = (pid) => statOf(pid)[BEGAN] ?? ''
var isAlive2 = (stat) => !/^[ZX]$/.test(stat[STATE] ?? 'X')
var processes = () => {
  try {
    return fs2.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  } catch {
    return []
  }
}
var isGroupAlive = (leader) => {
  const group = processes()
    .map(statOf)
    .filter((stat) => stat[GROUP] === String(leader))
  return group.length === 0 || group.some(isAlive2)
}
var isThere = ({ pid, began }) => {
  const now = beganOf(pid)
  if (now !== '' && began !== '' && now !== began) return false
  try {
    process.kill(-pid, 0)
    return isGroupAlive(pid)
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}
var read = (file) => {
  try {
    const [pid = '', began = ''] = fs2.readFileSync(file, 'utf8').trim().split(' ')
    return /^[1-9][0-9]*$/.test(pid) ? { pid: Number(pid), began } : null
  } catch {
    return null
  }
}
var remember = (file, pid) => {
  const next = `${file}.new`
  fs2.writeFileSync(
    next,
    `${pid} ${beganOf(pid)}
`,
    { mode: 384 }
  )
  fs2.renameSync(next, file)
}
var forget = (file) => fs2.rmSync(file, { force: true })
var find = (file) => {
  const found = read(file)
  return found !== null && isThere(found) ? found.pid : null
}
var LOOK_MS = 100
var gone = async (file, after, onWait) => {
  const first = find(file)
  if (first !== null) onWait(first)
  while (find(file) !== null) await new Promise((resolve2) => void after(LOOK_MS, resolve2))
  forget(file)
}

// src/daemon/java/Jars.ts
var Jars_exports = {}
__export(Jars_exports, {
  classpath: () => classpath,
  fetch: () => fetch3,
  folderOf: () => folderOf2,
  isFetched: () => isFetched,
  verify: () => verify
})
var import_node_crypto3 = require('node:crypto')
var fs6 = __toESM(require('node:fs'))
var os2 = __toESM(require('node:os'))
var path5 = __toESM(require('node:path'))
var E4 = __toESM(require('fp-ts/Either'))

// src/daemon/java/Maven.ts
var import_node_child_process = require('node:child_process')
var fs3 = __toESM(require('node:fs'))
var path2 = __toESM(require('node:path'))
var E2 = __toESM(require('fp-ts/Either'))

// src/daemon/java/Locale.ts
var UTF8 = 'C.UTF-8'
var utf8 = (env) => {
  const all2 = env['LC_ALL'] ?? ''
  const letters = [all2, env['LC_CTYPE'] ?? '', env['LANG'] ?? ''].find((name) => name !== '') ?? ''
  if (/utf-?8/i.test(letters)) return env
  return all2 === '' ? { ...env, LC_CTYPE: UTF8 } : { ...env, LC_ALL: UTF8 }
}

// src/daemon/java/Maven.ts
var pom = (version) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kclts</groupId>
  <artifactId>daemon-${version}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>software.amazon.kinesis</groupId>
      <artifactId>amazon-kinesis-client-multilang</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`
var isThere2 = (env) =>
  new Promise((resolve2) => {
    const maven = (0, import_node_child_process.spawn)('mvn', ['--version'], { env, stdio: 'ignore' })
    maven.on('error', () => resolve2(false))
    maven.on('close', (code) => resolve2(code === 0))
  })
var LAST_LINES = 8
var fetch2 = (version, folder, env) => {
  fs3.mkdirSync(folder, { recursive: true })
  const file = path2.join(folder, 'pom.xml')
  fs3.writeFileSync(file, pom(version))
  return new Promise((resolve2) => {
    const maven = (0, import_node_child_process.spawn)(
      'mvn',
      [
        '-B',
        '-q',
        '-f',
        file,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        '-Dmdep.useRepositoryLayout=true',
        `-DoutputDirectory=${folder}`
      ],
      { env: utf8(env), stdio: ['ignore', 'pipe', 'pipe'] }
    )
    let said = ''
    for (const stream of [maven.stdout, maven.stderr])
      stream.on('data', (chunk) => {
        said += chunk.toString('utf8')
      })
    maven.on('error', (problem) => resolve2(E2.left(problem.message)))
    maven.on('close', (code) =>
      resolve2(code === 0 ? E2.right(void 0) : E2.left(said.trim().split('\n').slice(-LAST_LINES).join('\n')))
    )
  })
}

// src/daemon/java/Repository.ts
var fs4 = __toESM(require('node:fs'))
var path3 = __toESM(require('node:path'))
var E3 = __toESM(require('fp-ts/Either'))
var ATTEMPTS = 4
var AT_ONCE = 8
var TIMEOUT_MS = 6e4
var isPassing = (status) => status === 408 || status === 429 || status >= 500
var once = async (url, file) => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) {
      await response.body?.cancel()
      return E3.left({ why: `${url} answers ${response.status}`, isFinal: !isPassing(response.status) })
    }
    fs4.writeFileSync(file, Buffer.from(await response.arrayBuffer()))
    return E3.right(void 0)
  } catch (thrown) {
    const failure = fromUnknown(thrown instanceof Error && thrown.cause !== void 0 ? thrown.cause : thrown)
    return E3.left({ why: `${url}: ${show(failure)}`, isFinal: false })
  }
}
var get = async (url, file, pause) => {
  for (let attempt = 1; ; attempt++) {
    const end = await once(url, file)
    if (E3.isRight(end)) return end
    if (end.left.isFinal || attempt === ATTEMPTS) return E3.left(end.left.why)
    await pause(500 * 2 ** attempt)
  }
}
var fetchAll = async (
  jars,
  address,
  folder,
  onProgress,
  pause = (ms) => new Promise((resolve2) => setTimeout(resolve2, ms))
) => {
  const waiting = [...jars]
  let done = 0
  let problem = E3.right(void 0)
  const work = async () => {
    for (let jar = waiting.shift(); jar !== void 0 && E3.isRight(problem); jar = waiting.shift()) {
      const file = path3.join(folder, jar.path)
      fs4.mkdirSync(path3.dirname(file), { recursive: true })
      const end = await get(`${address.replace(/\/+$/, '')}/${jar.path}`, file, pause)
      if (E3.isLeft(end)) problem = end
      done += 1
      onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return problem
}

// src/daemon/java/Sums.ts
var import_node_crypto2 = require('node:crypto')
var fs5 = __toESM(require('node:fs'))
var path4 = __toESM(require('node:path'))
var LINE = /^([0-9a-f]{64}) {2}(\S+\.jar)$/
var read2 = (shipped, version) => {
  const file = path4.join(shipped, 'kcl', version, 'sums.txt')
  if (!fs5.existsSync(file)) return null
  return fs5
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, sha256, jar] = LINE.exec(line) ?? []
      return sha256 === void 0 || jar === void 0 ? [] : [{ sha256, path: jar }]
    })
}
var CHUNK = 1 << 20
var sumOf = (file) => {
  const hash = (0, import_node_crypto2.createHash)('sha256')
  const fd = fs5.openSync(file, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (let size = fs5.readSync(fd, chunk); size > 0; size = fs5.readSync(fd, chunk))
      hash.update(chunk.subarray(0, size))
  } finally {
    fs5.closeSync(fd)
  }
  return hash.digest('hex')
}
var problems = (folder, jars) =>
  jars.flatMap((jar) => {
    const file = path4.join(folder, jar.path)
    if (!fs5.existsSync(file)) return [`${jar.path} is missing`]
    return sumOf(file) === jar.sha256
      ? []
      : [`${jar.path} is not what its SHA-256 sum says: it is damaged, or another file`]
  })

// src/daemon/java/Jars.ts
var cacheOf = (env) => {
  const given = env['XDG_CACHE_HOME'] ?? ''
  const home = env['HOME'] ?? os2.homedir()
  return path5.join(path5.isAbsolute(given) ? given : path5.join(home, '.cache'), 'kclts')
}
var folderOf2 = ({ version, env }) => path5.join(cacheOf(env), `kcl-${version}`)
var COMPLETE = 'complete'
var isComplete = (folder) => fs6.existsSync(path5.join(folder, COMPLETE))
var jarsIn = (folder) =>
  fs6
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jar'))
    .sort()
    .map((file) => path5.join(folder, file))
var classpath = async (request) => {
  if (request.classpath !== null) return own(request.classpath)
  const fetched = await fetch3(request)
  if (E4.isLeft(fetched)) return fetched
  const folder = fetched.right
  const listed = read2(request.shipped, request.version)
  return E4.right(listed?.map((jar) => path5.join(folder, jar.path)) ?? jarsIn(folder))
}
var own = (folder) => {
  try {
    const jars = jarsIn(folder)
    return jars.length > 0 ? E4.right(jars) : E4.left(`daemon.classpath: there is no jar in ${folder}`)
  } catch (thrown) {
    return E4.left(`daemon.classpath: ${show(fromUnknown(thrown))}`)
  }
}
var fetch3 = async (request) => {
  const folder = folderOf2(request)
  if (isComplete(folder)) return E4.right(folder)
  const fresh = `${folder}.${process.pid}.${(0, import_node_crypto3.randomBytes)(4).toString('hex')}`
  try {
    fs6.mkdirSync(fresh, { recursive: true })
    const filled = await fill(request, fresh)
    if (E4.isLeft(filled)) return filled
    fs6.writeFileSync(path5.join(fresh, COMPLETE), '')
    return E4.right(place(fresh, folder))
  } catch (thrown) {
    return E4.left(`the jars cannot be kept in ${folder}: ${show(fromUnknown(thrown))}`)
  } finally {
    fs6.rmSync(fresh, { recursive: true, force: true })
  }
}
var place = (fresh, folder) => {
  if (isComplete(folder)) return folder
  fs6.rmSync(folder, { recursive: true, force: true })
  fs6.renameSync(fresh, folder)
  return folder
}
var fill = async (request, folder) => {
  const { version, env, repository, shipped, print: print2 } = request
  const listed = read2(shipped, version)
  if (await isThere2(env)) {
    print2(`kclts: fetching the jars of KCL ${version} with Maven ...
`)
    const fetched = await fetch2(version, folder, env)
    if (E4.isLeft(fetched))
      return E4.left(
        `Maven cannot fetch the jars of KCL ${version}; check the network and the mirrors of its settings.xml, or copy jars here and name their folder in daemon.classpath:
${fetched.left}`
      )
  } else {
    if (repository === null) return E4.left(NO_WAY)
    if (listed === null)
      return E4.left(
        `there is no list of the jars of KCL ${version}, so only Maven can find them; install Maven, or take a version that has one`
      )
    const fetched = await fetchAll(listed, repository, folder, (done) => {
      if (done % 25 === 0 || done === listed.length)
        print2(`kclts: ${done} of ${listed.length} jars
`)
    })
    if (E4.isLeft(fetched)) return E4.left(`${fetched.left}; check daemon.repository and the network`)
  }
  if (listed === null) {
    print2(`kclts: no sums are shipped for KCL ${version}; its jars are as Maven found them
`)
    return E4.right(void 0)
  }
  const wrong = problems(folder, listed)
  return wrong.length === 0
    ? E4.right(void 0)
    : E4.left(
        `${wrong.join('; ')}; nothing of it is kept. Look at the mirror that it came from, and try again`
      )
}
var NO_WAY =
  "the jars of Amazon's daemon are not here, and there is no Maven to fetch them; install Maven, or set daemon.repository to the address of a Maven repository, or copy jars here and name their folder in daemon.classpath"
var isFetched = (request) => isComplete(folderOf2(request))
var verify = (request) => {
  const folder = folderOf2(request)
  if (!isComplete(folder))
    return E4.left([`the jars of KCL ${request.version} are not in ${folder}; run \`kclts jars fetch\``])
  const listed = read2(request.shipped, request.version)
  if (listed === null) return E4.left([`no sums are shipped for KCL ${request.version}`])
  const wrong = problems(folder, listed)
  return wrong.length === 0
    ? E4.right(listed.length)
    : E4.left([...wrong, `delete ${folder} and run \`kclts jars fetch\``])
}

// src/daemon/java/Generate.ts
var Generate_exports = {}
__export(Generate_exports, {
  properties: () => properties
})
var E6 = __toESM(require('fp-ts/Either'))

// src/codec/Credentials.ts
var E5 = __toESM(require('fp-ts/Either'))

// src/codec/KnownProperties.ts
var FIRST = '2.0.0'
var THREE = '3.0.0'
var rows = (since) => (type, defaults) =>
  Object.entries(defaults).map(([name, fallback]) => ({
    name,
    type,
    fallback: fallback === null ? null : String(fallback),
    since,
    until: null
  }))
var always = rows(FIRST)
var three = rows(THREE)
var later = rows('3.5.0')
var CREDENTIALS_CHANGED = '2.7.0'
var credentials = (suffix) => [
  {
    name: `AWSCredentialsProvider${suffix}`,
    type: 'text',
    fallback: null,
    since: FIRST,
    until: CREDENTIALS_CHANGED
  },
  {
    name: `AwsCredentialsProvider${suffix}`,
    type: 'text',
    fallback: null,
    since: CREDENTIALS_CHANGED,
    until: null
  }
]
var all = [
  ...always('text', {
    processingLanguage: null,
    'fanoutConfig.consumerName': null,
    'fanoutConfig.consumerArn': null,
    applicationName: null,
    dynamoDBEndpoint: null,
    executableName: null,
    initialPositionInStream: 'LATEST',
    initialPositionInStreamExtended: null,
    kinesisEndpoint: null,
    metricsEnabledDimensions: null,
    metricsLevel: 'DETAILED',
    regionName: null,
    retrievalMode: 'DEFAULT',
    streamArn: null,
    streamName: null,
    tableName: null,
    workerId: null,
    workerIdentifier: null
  }),
  ...['', 'DynamoDB', 'CloudWatch'].flatMap(credentials),
  ...always('int', {
    maxActiveThreads: 0,
    maxLeasesForWorker: 2147483647,
    maxLeasesToStealAtOneTime: 1,
    initialLeaseTableReadCapacity: 10,
    initialLeaseTableWriteCapacity: 10,
    maxLeaseRenewalThreads: 20,
    maxListShardsRetryAttempts: 50,
    metricsMaxQueueSize: 1e4,
    maxRecords: 1e4,
    'fanoutConfig.maxDescribeStreamSummaryRetries': 10,
    'fanoutConfig.maxDescribeStreamConsumerRetries': 10,
    'fanoutConfig.registerStreamConsumerRetries': 10
  }),
  ...always('long', {
    shutdownGraceMillis: 0,
    failoverTimeMillis: 1e4,
    shardSyncIntervalMillis: 6e4,
    listShardsBackoffTimeInMillis: 1500,
    parentShardPollIntervalMillis: 1e4,
    schedulerInitializationBackoffTimeMillis: 1e3,
    taskBackoffTimeMillis: 500,
    metricsBufferTimeMillis: 1e4,
    idleTimeBetweenReadsInMillis: 1500,
    'fanoutConfig.retryBackoffMillis': 1e3
  }),
  ...always('boolean', {
    validateSequenceNumberBeforeCheckpointing: false,
    cleanupLeasesUponShardCompletion: true,
    ignoreUnexpectedChildShards: false,
    callProcessRecordsEvenForEmptyRecordList: false,
    skipShardSyncAtWorkerInitializationIfLeasesExist: false
  }),
  ...always('Integer', {
    timeoutInSeconds: null,
    retryGetRecordsInSeconds: null,
    maxGetRecordsThreadPool: null
  }),
  ...always('Long', { logWarningForTaskAfterMillis: null }),
  ...three('int', {
    noOfPersistedMetricsPerWorkerMetrics: 10,
    dampeningPercentage: 60,
    reBalanceThresholdPercentage: 10,
    varianceBalancingFrequency: 3
  }),
  ...three('long', {
    leaseAssignmentIntervalMillis: null,
    millisBehindLatestThresholdForReducedTps: 0,
    inMemoryWorkerMetricsCaptureFrequencyMillis: 1e3,
    workerMetricsReporterFreqInMillis: 3e4,
    workerMetricsReadCapacity: null,
    workerMetricsWriteCapacity: null,
    coordinatorStateReadCapacity: null,
    coordinatorStateWriteCapacity: null
  }),
  ...three('double', { maxThroughputPerHostKBps: null, workerMetricsEMAAlpha: 0.5 }),
  ...three('Boolean', {
    enablePriorityLeaseAssignment: true,
    leaseTableDeletionProtectionEnabled: false,
    leaseTablePitrEnabled: false,
    isGracefulLeaseHandoffEnabled: true,
    disableWorkerMetrics: false,
    allowThroughputOvershoot: true,
    workerMetricsPointInTimeRecoveryEnabled: false,
    workerMetricsDeletionProtectionEnabled: false,
    coordinatorStatePointInTimeRecoveryEnabled: false,
    coordinatorStateDeletionProtectionEnabled: false
  }),
  ...three('Long', { gracefulLeaseHandoffTimeoutMillis: 3e4 }),
  ...three('ISO duration', { staleWorkerMetricsEntryCleanupDuration: 'P1D' }),
  ...three('text', { workerMetricsTableName: null, coordinatorStateTableName: null }),
  ...three('tags', { workerMetricsTags: null, coordinatorStateTags: null }),
  ...three('billing mode', {
    workerMetricsBillingMode: 'PAY_PER_REQUEST',
    coordinatorStateBillingMode: 'PAY_PER_REQUEST'
  }),
  ...three('client version', { clientVersionConfig: 'CLIENT_VERSION_CONFIG_3X' }),
  ...later('boolean', { migrateAllEntitiesToLeaseTable: false }),
  ...later('long', { tableMigrationCompleteBakeTimeSeconds: null }),
  ...later('int', { leaseTableScanTotalSegments: null })
]
var own2 = (key) => ({ _tag: 'Key', key })
var ours = (why) => ({ _tag: 'Ours', why })
var reserved = /* @__PURE__ */ new Map([
  ['streamName', own2('streamName')],
  ['streamArn', own2('streamArn')],
  ['applicationName', own2('applicationName')],
  ['regionName', own2('region')],
  ['initialPositionInStream', own2('initialPosition')],
  ['initialPositionInStreamExtended', own2('initialPosition')],
  ['retrievalMode', own2('retrieval')],
  ['fanoutConfig.consumerName', own2('consumerName')],
  ['fanoutConfig.consumerArn', own2('consumerArn')],
  ['AWSCredentialsProvider', own2('credentials')],
  ['AwsCredentialsProvider', own2('credentials')],
  ['kinesisEndpoint', own2('kinesisEndpoint')],
  ['dynamoDBEndpoint', own2('dynamoDbEndpoint')],
  ['cloudWatchClient.endpointOverride', own2('cloudWatchEndpoint')],
  ['metricsLevel', own2('metrics')],
  ['tableName', own2('tableName')],
  ['failoverTimeMillis', own2('failoverTime')],
  ['maxLeasesForWorker', own2('maxLeases')],
  ['maxRecords', own2('maxRecords')],
  ['idleTimeBetweenReadsInMillis', own2('idleTimeBetweenReads')],
  ['workerId', own2('workerId')],
  ['workerIdentifier', own2('workerId')],
  ['shutdownGraceMillis', own2('shutdownGrace')],
  ['executableName', ours('the program that the daemon starts for a shard')],
  ['processingLanguage', ours('what the daemon tells AWS of its child')],
  ['shardPrioritization', ours('the daemon has no way to read it from a file')]
])
var compareVersions = (a, b) => {
  const [left8, right8] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left8?.[i] ?? 0) - (right8?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
var hasNewCredentials = (version) => compareVersions(version, CREDENTIALS_CHANGED) >= 0
var INT = { least: -2147483648n, most: 2147483647n }
var LONG = { least: -(2n ** 63n), most: 2n ** 63n - 1n }
var isWhole = (value, { least, most }) =>
  /^-?[0-9]+$/.test(value) && BigInt(value) >= least && BigInt(value) <= most
var isOneOf =
  (...names) =>
  (value) =>
    names.includes(value)
var BILLING = ['PAY_PER_REQUEST', 'PROVISIONED']
var VERSIONS = ['CLIENT_VERSION_CONFIG_3X', 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X']
var whole = (range) => ({
  isRight: (value) => isWhole(value, range),
  expected: range === INT ? 'a whole number below 2147483648' : 'a whole number'
})
var truth = { isRight: isOneOf('true', 'false'), expected: 'true or false' }
var shapes = {
  text: { isRight: (value) => value.trim() !== '', expected: 'text' },
  int: whole(INT),
  Integer: whole(INT),
  long: whole(LONG),
  Long: whole(LONG),
  double: {
    isRight: (value) => /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(value),
    expected: 'a number'
  },
  boolean: truth,
  Boolean: truth,
  'ISO duration': {
    isRight: (value) => /^P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/.test(value),
    expected: 'an ISO duration such as P1D or PT12H'
  },
  tags: {
    isRight: (value) => /^[^=,]+=[^=,]*(?:,[^=,]+=[^=,]*)*$/.test(value),
    expected: 'tags such as team=orders,stage=test'
  },
  'billing mode': { isRight: isOneOf(...BILLING), expected: BILLING.join(' or ') },
  'client version': { isRight: isOneOf(...VERSIONS), expected: VERSIONS.join(' or ') }
}

// src/codec/Credentials.ts
var pairs = [
  { old: 'DefaultAWSCredentialsProviderChain', now: 'DefaultCredentialsProvider' },
  { old: 'EnvironmentVariableCredentialsProvider', now: 'EnvironmentVariableCredentialsProvider' },
  { old: 'SystemPropertiesCredentialsProvider', now: 'SystemPropertyCredentialsProvider' },
  { old: 'profile.ProfileCredentialsProvider', now: 'ProfileCredentialsProvider' },
  { old: 'STSAssumeRoleSessionCredentialsProvider', now: 'StsAssumeRoleCredentialsProvider' },
  { old: 'WebIdentityTokenCredentialsProvider', now: 'WebIdentityTokenFileCredentialsProvider' }
]
var OLD = 'com.amazonaws.auth.'
var NOW = 'software.amazon.awssdk.auth.credentials.'
var PROFILE = 'profile:'
var inShort = (term) => {
  if (term === 'default') return 'DefaultCredentialsProvider'
  if (term === 'environment') return 'EnvironmentVariableCredentialsProvider'
  return term.startsWith(PROFILE) ? `ProfileCredentialsProvider|${term.slice(PROFILE.length)}` : term
}
var isOfNone = (name, hasNew) =>
  hasNew ? name.startsWith('com.amazonaws.') : name.startsWith('software.amazon.awssdk.')
var one = (version) => (term) => {
  const [name = '', ...more] = inShort(term.trim()).split('|')
  const hasNew = hasNewCredentials(version)
  const pair = pairs.find(({ old, now }) => [old, now, OLD + old, NOW + now].includes(name))
  const known = pair === void 0 ? name : hasNew ? pair.now : pair.old
  if (isOfNone(known, hasNew)) {
    const [has, ends] = hasNew ? ['2', ' (from 2.7.0 on)'] : ['1', ' (up to 2.6.1)']
    return E5.left(
      `found the class ${name}, expected one of the AWS SDK ${has}, which KCL ${version} uses${ends}`
    )
  }
  return E5.right([known, ...more].join('|'))
}
var resolve = (version, credentials2) => {
  const classes = []
  for (const term of credentials2.split(',')) {
    const resolved = one(version)(term)
    if (E5.isLeft(resolved)) return resolved
    classes.push(resolved.right)
  }
  return E5.right(classes.join(','))
}

// src/daemon/java/Generate.ts
var missing = (settings) => [
  ...(settings.streamName === null && settings.streamArn === null
    ? [{ key: 'daemon.streamName', text: 'missing, expected the name of the stream (or daemon.streamArn)' }]
    : []),
  ...(settings.applicationName === null
    ? [
        {
          key: 'daemon.applicationName',
          text: 'missing, expected a name that all workers of the application share'
        }
      ]
    : [])
]
var positionOf = (position) => {
  if (position === 'latest') return [['initialPositionInStream', 'LATEST']]
  if (position === 'trim-horizon') return [['initialPositionInStream', 'TRIM_HORIZON']]
  return [['initialPositionInStreamExtended', String(Math.floor(position / 1e3))]]
}
var RETRIEVAL = { polling: 'POLLING', 'fan-out': 'FANOUT' }
var CLIENT = 'dynamoDbClient.overrideConfiguration'
var RETRIES = /^dynamoDbClient\.overrideConfiguration\.retry/
var retryOf = ({ properties: properties2 }) =>
  Object.keys(properties2).some((name) => RETRIES.test(name)) ? [] : [[`${CLIENT}.retryPolicy`, 'STANDARD']]
var EMPTY_BATCHES = 'callProcessRecordsEvenForEmptyRecordList'
var unless = (name, value) => (value === null ? [] : [[name, String(value)]])
var withOwn = (ours2, own3) => [
  ...ours2.filter(([name]) => own3[name] === void 0),
  // false is what leaves this one out.
  ...Object.entries(own3).filter(([name, value]) => name !== EMPTY_BATCHES || value !== 'false')
]
var properties = (settings, { executableName, workerId, emptyBatches }) => {
  const credentials2 = resolve(settings.version, settings.credentials)
  const problems2 = [
    ...missing(settings),
    ...(E6.isLeft(credentials2) ? [{ key: 'daemon.credentials', text: credentials2.left }] : [])
  ]
  if (E6.isLeft(credentials2) || problems2.length > 0) return E6.left(problems2)
  const provider = hasNewCredentials(settings.version) ? 'AwsCredentialsProvider' : 'AWSCredentialsProvider'
  const ours2 = [
    ['executableName', executableName],
    ...unless('streamName', settings.streamArn === null ? settings.streamName : null),
    ...unless('streamArn', settings.streamArn),
    ...unless('applicationName', settings.applicationName),
    ['workerId', workerId],
    ...unless('tableName', settings.tableName),
    ...unless('regionName', settings.region),
    [provider, credentials2.right],
    ...unless('kinesisEndpoint', settings.kinesisEndpoint),
    ...unless('dynamoDBEndpoint', settings.dynamoDbEndpoint),
    ...unless('cloudWatchClient.endpointOverride', settings.cloudWatchEndpoint),
    ...positionOf(settings.initialPosition),
    ['retrievalMode', RETRIEVAL[settings.retrieval]],
    ...unless('fanoutConfig.consumerName', settings.consumerName),
    ...unless('fanoutConfig.consumerArn', settings.consumerArn),
    ...unless('maxRecords', settings.maxRecords),
    ...unless('idleTimeBetweenReadsInMillis', settings.idleTimeBetweenReads),
    ['metricsLevel', settings.metrics.toUpperCase()],
    ['failoverTimeMillis', String(settings.failoverTime)],
    ...unless('maxLeasesForWorker', settings.maxLeases),
    ...unless('shutdownGraceMillis', settings.shutdownGrace === 0 ? null : settings.shutdownGrace),
    ...unless(EMPTY_BATCHES, emptyBatches ? 'true' : null),
    ...retryOf(settings)
  ]
  return E6.right(withOwn(ours2, settings.properties))
}

// src/codec/Properties.ts
var Properties_exports = {}
__export(Properties_exports, {
  parse: () => parse,
  print: () => print
})
var E7 = __toESM(require('fp-ts/Either'))
var isBlank = (c) => c === ' ' || c === '	' || c === '\f'
var isComment = (c) => c === '#' || c === '!'
var naturalLines = (text) => text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n')
var goesOn = (text) => (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1
var withoutIndent = (text) => {
  let start = 0
  while (start < text.length && isBlank(text.charAt(start))) start++
  return text.slice(start)
}
var logicalLines = (text) => {
  const lines = []
  let whole2 = ''
  let line = 0
  for (const [i, natural] of naturalLines(text).entries()) {
    const rest = withoutIndent(natural)
    const isNothing = whole2 === '' && (rest === '' || isComment(rest.charAt(0)))
    if (isNothing) continue
    const isOpen = goesOn(rest)
    if (whole2 === '') line = i + 1
    whole2 += isOpen ? rest.slice(0, -1) : rest
    if (isOpen) continue
    if (whole2 !== '') lines.push({ text: whole2, line })
    whole2 = ''
  }
  return whole2 === '' ? lines : [...lines, { text: whole2, line }]
}
var split = (text) => {
  let end = 0
  for (; end < text.length; end++) {
    const c = text.charAt(end)
    if (c === '\\') end++
    else if (c === '=' || c === ':' || isBlank(c)) break
  }
  let start = end
  let hasSeparator = false
  for (; start < text.length; start++) {
    const c = text.charAt(start)
    if (!hasSeparator && (c === '=' || c === ':')) hasSeparator = true
    else if (!isBlank(c)) break
  }
  return [text.slice(0, end), text.slice(start)]
}
var ESCAPES = { t: '	', n: '\n', r: '\r', f: '\f' }
var ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([^]))/g
var unescaped = (text) => {
  let isRight2 = true
  const plain = text.replace(ESCAPE, (_, hex, c) => {
    if (hex !== void 0) return String.fromCharCode(parseInt(hex, 16))
    if (c === 'u') isRight2 = false
    return ESCAPES[c ?? ''] ?? c ?? ''
  })
  return isRight2 ? plain : void 0
}
var parse = (text) => {
  const entries = []
  const problems2 = []
  for (const { text: logical, line } of logicalLines(text)) {
    const [key, value] = split(logical).map(unescaped)
    if (key === void 0 || value === void 0)
      problems2.push({ line, text: 'found \\u without four hexadecimal digits, expected such as \\u00e4' })
    else entries.push({ key, value, line })
  }
  return problems2.length > 0 ? E7.left(problems2) : E7.right(entries)
}
var NAMED = { '	': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }
var unit = (c) => NAMED[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
var ascii = (text) => text.replace(/[^\x20-\x7e]/g, unit)
var keyText = (key) => ascii(key.replace(/[\\ =:#!]/g, '\\$&'))
var valueText = (value) => ascii(value.replace(/\\/g, '\\\\').replace(/^ /, '\\ '))
var print = (entries) =>
  entries
    .map(
      ([key, value]) => `${keyText(key)} = ${valueText(value)}
`
    )
    .join('')
// Annotate the CommonJS export names for ESM import in node:
0 &&
  (module.exports = {
    Forerunner,
    Generate,
    Jars,
    Properties,
    Slot
  })
