/**
 * `kclts/testing`: a handler and a policy are tested without a process, without Java and without AWS.
 *
 * @module kclts/testing
 * @example
 * deepStrictEqual(handler(record({ json: { id: 'o-1', total: 0 } })), skip('nothing to pay'))
 */
export { aggregated, record, records } from './Records'
export type { Address, Options as RecordOptions, Payload } from './Records'
export { context } from './Context'
export type { Collecting, Logged, Options as ContextOptions } from './Context'
export { converse, converseEffect, run, runEffect } from './Run'
export type {
  Batches,
  Configured,
  DaemonOptions,
  EffectOptions,
  Effectful,
  Options as ConverseOptions,
  Pure,
  RunOptions,
  SinksOf
} from './Run'
export type { Decided, Outcome, Outputs } from './Outcome'
export type { Requested, Stored } from './Daemon'
export type { Bytes, Duration, Given, JustPolicy, Settings } from './Settings'
export { play, playEffect, rewrite, rewriteEffect } from './Transcript'
export type { EffectSubject, Subject } from './Transcript'
/** Virtual time, which a test moves. */
export * as Clock from './Clock'
/** What a daemon says to one child, from `initialize` to the end. */
export * as Conversation from './Conversation'
/** What happened to a shard in a test. */
export * as Event from './Event'
/** How the sinks behave in a test. */
export * as Sink from './Sink'
/** Conversations as text files. */
export * as Transcript from './Transcript'
