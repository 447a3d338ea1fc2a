/**
 * `kclts/compat`: in place of `aws-kcl`, by changing one import.
 *
 * @module kclts/compat
 * @example
 * const kcl = require('kclts/compat')
 * kcl(recordProcessor).run()
 */
import * as Kcl from './kcl'
import type * as Processor from './Processor'

/**
 * Wraps a record processor, as `aws-kcl` does.
 *
 * @param recordProcessor an object with the methods that `aws-kcl` asks for
 * @returns the process, whose `run()` has the conversation with the daemon
 * @throws Error if a method is missing
 */
const kcl = (recordProcessor: kcl.RecordProcessor): kcl.KCLProcess => Kcl.kcl(recordProcessor)

// The shape of a CommonJS module that is a function, and has its types: what `require('aws-kcl')` gives.
/** The types of `aws-kcl`. */
namespace kcl {
  /** What `kcl(recordProcessor)` returns. */
  export type KCLProcess = Kcl.KCLProcess
  /** The methods that the program supplies, each with an input and a callback. */
  export type RecordProcessor = Processor.RecordProcessor
  /** What a record processor checkpoints with. */
  export type Checkpointer = Processor.Checkpointer
  /** One record, with the fields of aws-kcl: what the daemon sends. */
  export type WireRecord = Processor.WireRecord
}

export = kcl
