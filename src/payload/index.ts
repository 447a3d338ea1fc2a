/**
 * `kclts/decoders`: what else than plain JSON arrives in a stream, in front of a handler.
 *
 * @module kclts/decoders
 */
export { decodeCloudWatchLogs } from './decodeCloudWatchLogs'
export type { LogEvent, LogEvents } from './decodeCloudWatchLogs'
export { decodeDynamoDb } from './decodeDynamoDb'
export type { Change, DynamoDbOptions } from './decodeDynamoDb'
export { decodeJsonLines, decodeLines } from './decodeLines'
export { exactIntegers } from './exactIntegers'
