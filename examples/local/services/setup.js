'use strict'
/** Makes the stream and the tables on the services at KINESIS and DYNAMODB, and ends. */
const Account = require('./account')

const { KINESIS, DYNAMODB } = process.env

Account.prepare({ kinesis: KINESIS, dynamodb: DYNAMODB }).then(() =>
  console.log(`the stream ${Account.STREAM} and the tables of ${Account.APPLICATION} are there`)
)
