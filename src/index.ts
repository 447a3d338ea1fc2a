/**
 * What a handler needs: `import { type Handler, ack, reject } from 'kclts'`.
 *
 * @module kclts
 */
export { ack, checkpoint, skip, reject, halt, emit } from './core/Decision'
export type {
  Ack,
  Adding,
  Checkpoint,
  Decision,
  EmitOptions,
  Finished,
  Halt,
  Output,
  Reject,
  Skip
} from './core/Decision'
export { sinks } from './core/Emitters'
export type { EmitAllOptions, Emitter, Emitters } from './core/Emitters'
export type { Answer, BatchHandler, Context, Effect, EffectHandler, Handler, OutputsOf } from './core/Handler'
export type { InputOf, StandardIssue, StandardResult, StandardSchema } from './core/Schema'
export { json, jsonWith, text } from './protocol/KinesisRecord'
export type { KinesisRecord, Payload } from './protocol/KinesisRecord'
export type { DeadLetter } from './core/DeadLetter'
export type { Failure } from './core/Failure'
/** When to checkpoint, as a reducer. */
export * as Policy from './core/Policy'
/** A place in a shard, and the order of places. */
export * as Position from './protocol/Position'
export { decodeJson } from './payload/decodeJson'
export type { DecodeOptions } from './payload/decodeJson'
export type { Decoded, DecodedEffect } from './payload/Decoded'
export { start } from './edge/start'
export type { StartOptions, Startable } from './edge/start'
export type { Mask, Masked } from './lab/Mask'
export type { ModuleOutput, ModuleSink } from './sinks/module'
