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
  export type KCLProcess = Kcl.KCLProcess
  export type RecordProcessor = Processor.RecordProcessor
  export type Checkpointer = Processor.Checkpointer
  export type WireRecord = Processor.WireRecord
}

export = kcl
