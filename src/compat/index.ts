/**
 * `kclts/compat`: in place of `aws-kcl`, by changing one import.
 *
 * @example
 * const kcl = require('kclts/compat')
 * kcl(recordProcessor).run()
 */
import * as Kcl from './kcl'
import type * as Processor from './Processor'

const kcl = (recordProcessor: kcl.RecordProcessor): kcl.KCLProcess => Kcl.kcl(recordProcessor)

// The shape of a CommonJS module that is a function, and has its types: what `require('aws-kcl')` gives.
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
