'use strict'
/** What `npm run local` says. */

const distinct = (lines) => new Set(lines.map((line) => JSON.parse(line).id)).size

const time = () => new Date().toTimeString().slice(0, 8)

const count = (put, outputs, letters) =>
  `${time()}  ${put} orders put, ${distinct(outputs)} arrived at the sink, ${letters.length} became dead letters`

const begun = ({ first, status, endpoints }) => `
The first order that arrived, in examples/local/data/accepted.ndjson
  ${first}

Look around, while it runs
  http://localhost:${status}/             the status page: each shard with its position, its lag and its rate
  examples/local/data/worker.log     the log of the worker and of Amazon's daemon
  examples/local/kcl.config.yaml     the configuration; the handler is examples/orders/handler.ts

Try it, in another terminal
  cd examples/local
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export KCLTS_DAEMON_KINESIS_ENDPOINT=${endpoints.kinesis} KCLTS_DAEMON_DYNAMO_DB_ENDPOINT=${endpoints.dynamodb}
  node ../../dist/bin.js leases --watch                 which worker has which shard, and how far each shard is consumed
  node ../../dist/bin.js dead-letters list              what could not be processed, and why
  node ../../dist/bin.js check --aws                    what a first start in AWS would need
  KCLTS_STATUS_LISTEN=none node ../../dist/bin.js run   a second worker: the two share the shards

Ctrl-C stops everything.
`

const ended = (put, outputs, letters) => `
${put} orders were put. ${distinct(outputs)} arrived, ${letters.length} became dead letters, and free orders were skipped.
The last orders were not read; in AWS the next start would continue with them. The emulators keep nothing.

What to do next
  npx kclts init my-consumer   begin your own project; examples/local/README.md says how to run it on these emulators
  examples/local/compose.yaml  the same in containers`

const services = ({ endpoints, stream, application }) => `
The stream "${stream}" and the tables of the application "${application}" are there. For a worker of your own:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1
  export KCLTS_DAEMON_KINESIS_ENDPOINT=${endpoints.kinesis} KCLTS_DAEMON_DYNAMO_DB_ENDPOINT=${endpoints.dynamodb}
  export KCLTS_DAEMON_STREAM_NAME=${stream} KCLTS_DAEMON_APPLICATION_NAME=${application}
  npx kclts run

Ctrl-C stops the emulators, which keep nothing.
`

module.exports = { begun, count, ended, services }
