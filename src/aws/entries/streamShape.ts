/** The process that `StreamShape.look` asks: the settings on stdin, and on stdout the shape of the stream as JSON, or nothing. */
import { text } from 'node:stream/consumers'
import * as E from 'fp-ts/Either'
import * as Clients from '../Clients'
import * as StreamShape from '../StreamShape'

const answer = async (place: StreamShape.Place): Promise<string> => {
  const { streamName, streamArn } = place
  const found = await Clients.kinesis(place, process.env)
  if (E.isLeft(found) || (streamName ?? streamArn) === null) return ''
  const client = found.right
  const { DescribeStreamSummaryCommand } = await import('@aws-sdk/client-kinesis')
  const stream = streamArn === null ? { StreamName: streamName ?? '' } : { StreamARN: streamArn }
  const shape = await client.send(new DescribeStreamSummaryCommand(stream)).then(
    ({ StreamDescriptionSummary: summary }) => StreamShape.of(summary),
    () => null
  )
  client.destroy()
  return shape === null ? '' : JSON.stringify(shape)
}

void text(process.stdin)
  .then((place) => answer(JSON.parse(place) as StreamShape.Place))
  .then((shape) => process.stdout.write(shape))
