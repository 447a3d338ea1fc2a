'use strict'
/** Puts orders into the stream of the service at KINESIS, until it is stopped. */
const Account = require('./account')
const Orders = require('./orders')

const { KINESIS, DYNAMODB } = process.env

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort())

const tell = (count) => {
  if (count % 200 === 0) console.log(`${count} orders put`)
}

Account.open({ kinesis: KINESIS, dynamodb: DYNAMODB }).then((account) =>
  Orders.putOnAndOn(account, Account.STREAM, tell, stop.signal)
)
