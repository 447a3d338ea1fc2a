/** The process that `SingleTable.look` asks: the settings on stdin, and on stdout why their version must not run, or nothing. */
import { text } from 'node:stream/consumers'
import * as E from 'fp-ts/Either'
import * as Clients from '../Clients'
import * as SingleTable from '../SingleTable'

const answer = async (place: SingleTable.Place): Promise<string> => {
  const found = await Clients.dynamo(place, process.env)
  if (E.isLeft(found)) return ''
  const client = found.right
  const { GetItemCommand } = await import('@aws-sdk/client-dynamodb')
  const problem = await SingleTable.problem(place, (TableName, leaseKey) =>
    client.send(new GetItemCommand({ TableName, Key: { leaseKey: { S: leaseKey } } })).then(
      ({ Item: row }) => E.right(row ?? null),
      (thrown: unknown) => E.left(thrown)
    )
  )
  client.destroy()
  return problem ?? ''
}

void text(process.stdin)
  .then((place) => answer(JSON.parse(place) as SingleTable.Place))
  .then((problem) => process.stdout.write(problem))
