/** Emitters that are bound to a handler's outputs: the compiler knows each sink by its name, and what it takes. */
import { adding, type Adding, type EmitOptions, type Output } from './Decision'
import type { InputOf } from './Schema'

/** The options of `to.orders.all(orders, options)`. */
export interface EmitAllOptions<A> {
  /**
   * One key for all outputs, or a function that returns the key of each. Outputs of one key arrive in order. Without
   * it, they have the partition key of the record.
   */
  readonly key?: string | ((value: A) => string)
}

/** Adds outputs for one sink to a decision. */
export interface Emitter<Sink extends string, A> {
  /** Adds one: `to.orders(order)(ack())`. */
  (value: A, options?: EmitOptions): Adding<Output<Sink, A>>
  /** Adds one for each value, in their order; an empty list adds none: `to.orders.all(orders)(ack())`. */
  readonly all: (values: ReadonlyArray<A>, options?: EmitAllOptions<A>) => Adding<Output<Sink, A>>
}

/** An emitter for each sink, by its name. */
export type Emitters<Outputs> = {
  readonly [Sink in keyof Outputs & string]: Emitter<Sink, InputOf<Outputs[Sink]>>
}

const output = <A>(sink: string, value: A, key: string | undefined): Output<string, A> =>
  key === undefined ? { sink, value } : { sink, value, key }

const emitter = <A>(sink: string): Emitter<string, A> => {
  const one = (value: A, { key }: EmitOptions = {}): Adding<Output<string, A>> =>
    adding([output(sink, value, key)])
  const all = (values: ReadonlyArray<A>, { key }: EmitAllOptions<A> = {}): Adding<Output<string, A>> =>
    adding(values.map((value) => output(sink, value, typeof key === 'function' ? key(value) : key)))
  return Object.assign(one, { all })
}

/**
 * Binds emitters to the module's export `outputs`.
 *
 * @param outputs a schema for each sink, by its name
 * @returns an emitter for each sink
 * @example
 * export const outputs = { orders: Order }
 * const to = sinks(outputs)
 * export const handler = decodeJson(Order)((order) => to.orders(order, { key: order.customer })(ack()))
 */
export const sinks = <Outputs extends object>(outputs: Outputs): Emitters<Outputs> =>
  Object.fromEntries(
    Object.keys(outputs).map((sink) => [sink, emitter(sink)])
  ) as unknown as Emitters<Outputs>
