/**
 * `kclts/testing`: a handler and a policy are tested without a process, without Java and without AWS.
 *
 * @example
 * deepStrictEqual(handler(record({ json: { id: 'o-1', total: 0 } })), skip('nothing to pay'))
 */
export { aggregated, record, records } from './Records'
export type { Address, Options as RecordOptions, Payload } from './Records'
export { converse, run } from './Run'
export type { Decided, Done, Logged, Options as ConverseOptions, Outcome, RunOptions } from './Run'
export type { Requested, Stored } from './Daemon'
export type { Duration, Given, JustPolicy, Settings } from './Settings'
export { play, rewrite } from './Transcript'
export type { Subject } from './Transcript'
export * as Conversation from './Conversation'
export * as Transcript from './Transcript'
export * as Arbitraries from './Arbitraries'
