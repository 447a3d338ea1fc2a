/** What describes a value: a codec of io-ts, or a schema of any library that implements Standard Schema. */
import type { Either } from 'fp-ts/Either'

/**
 * The interface that zod, valibot, arktype and others implement, copied from version 1 of the specification, which
 * says that libraries may do so: https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The name of the library, its types and its validation, as the specification defines them. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    /** The value as the schema has it, or what is wrong with it. */
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** A value, or what is wrong with the input. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: ReadonlyArray<StandardIssue> }

/** One problem of a value, as Standard Schema describes it. */
export interface StandardIssue {
  /** What is wrong, in the words of the library. */
  readonly message: string
  /** From the outermost key to the innermost one. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/**
 * The input type of a schema: the values that may be emitted to a sink. For a codec of io-ts, the type that it decodes
 * to.
 */
export type InputOf<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined }
}
  ? Input
  : Schema extends {
        readonly _A: infer A
        /** A codec of io-ts has it. */
        readonly decode: (value: never) => Either<unknown, unknown>
      }
    ? A
    : never
