'use strict'
/** A scenario's own stream, tables and project on emulators that it shares, all gone when its test ends. */
const Daemon = require('./Daemon')
const Leases = require('./Leases')
const Project = require('./Project')
const Stream = require('./Stream')

let scenarios = 0

/** A lease's checkpoint as `seq/sub`. */
const positionOf = ({ checkpoint, sub }) => `${checkpoint}/${sub}`

/** Records by shard, each as `seq/sub`, in their order. */
const grouped = (records) => {
  const shards = {}
  for (const { shard, seq, sub = 0 } of records) (shards[shard] ??= []).push(`${seq}/${sub}`)
  return shards
}

/**
 * In: node:test's context, emulators, and the KCL's version, the number of shards, a handler and its configuration; the
 * folder that its project is made `within`; how its tables are billed, if not on demand.
 *
 * Out: `put(records)`; `run(properties)`, a daemon; `seen()`, what the handler saw; `leases()`; `positions()`, their
 * checkpoints by shard as `seq/sub`; `stored(shard)`, every checkpoint that the lease table was asked to keep, in
 * order; `application`, `stream`, `project`.
 */
const set = async (t, emulators, { version, shards, handler, configuration, within, billing }) => {
  scenarios += 1
  const stream = `stream-${scenarios}`
  const application = `application-${scenarios}`
  await Stream.create(emulators, stream, shards)
  await Leases.create(emulators, version, application, await Stream.shards(emulators, stream), billing)
  const project = Project.create(handler, configuration, within)
  const leases = () => Leases.read(emulators, application)
  const daemons = []
  t.after(async () => {
    await Promise.all(daemons.map((daemon) => daemon.kill()))
    project.remove()
  })
  return {
    application,
    stream,
    project,
    put: (records) => Stream.put(emulators, stream, records),
    seen: project.seen,
    leases,
    positions: async () =>
      Object.fromEntries(Object.entries(await leases()).map(([shard, lease]) => [shard, positionOf(lease)])),
    stored: (shard) => {
      const positions = emulators.updates
        .filter(({ TableName, Key }) => TableName === application && Key.leaseKey?.S === shard)
        .map(({ AttributeUpdates: changes }) => changes)
        .filter((changes) => changes?.checkpoint !== undefined)
        .map(({ checkpoint, checkpointSubSequenceNumber: sub }) => `${checkpoint.Value.S}/${sub.Value.N}`)
      return positions.filter((position, i) => position !== positions[i - 1])
    },
    run: (properties) => {
      const daemon = Daemon.start({ version, emulators, project, application, stream, properties })
      daemons.push(daemon)
      return daemon
    }
  }
}

/** The last position of each shard in what `grouped` gave. */
const lasts = (shards) =>
  Object.fromEntries(Object.entries(shards).map(([shard, positions]) => [shard, positions.at(-1)]))

module.exports = { grouped, lasts, positionOf, set }
