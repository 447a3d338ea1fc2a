'use strict'
/**
 * TransactWriteItems, which dynalite has not: the writes come one after the other, and the first one that fails ends them. So
 * conditions must come first, and nothing else may write these items, as with a leader that moves the rows of its application.
 */

/** A conditional update that changes nothing is dynalite's way to check a condition. */
const ACTIONS = {
  ConditionCheck: 'UpdateItem',
  Put: 'PutItem',
  Delete: 'DeleteItem',
  Update: 'UpdateItem'
}

const NONE = { Code: 'None' }

/**
 * @param {Function} dynamo calls an operation of dynalite
 * @param {object} request the request
 * @returns {Promise<{status: number, answer: object}>} what DynamoDB would answer
 */
const write = async (dynamo, { TransactItems: items }) => {
  for (const item of items) {
    const [[kind, request]] = Object.entries(item)
    try {
      await dynamo(ACTIONS[kind], request)
    } catch (problem) {
      const Code = /ConditionalCheckFailed/.test(problem.message)
        ? 'ConditionalCheckFailed'
        : 'ValidationError'
      const reasons = items.map((each) => (each === item ? { Code, Message: problem.message } : NONE))
      const codes = reasons.map((reason) => reason.Code).join(', ')
      return {
        status: 400,
        answer: {
          __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
          message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
          CancellationReasons: reasons
        }
      }
    }
  }
  return { status: 200, answer: {} }
}

/** The listener of dynalite, before which transactions are answered; `dynamo` calls an operation of it. */
const before = (listener, dynamo) => async (request, response) => {
  if (!/\.TransactWriteItems$/.test(request.headers['x-amz-target'])) return listener(request, response)
  const { status, answer } = await write(dynamo, JSON.parse(Buffer.concat(await request.toArray())))
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  return void response.end(JSON.stringify(answer))
}

module.exports = { before }
