/** What differs between two outcomes of one record. */
import * as ReasonShape from '../../deadLetters/ReasonShape'
import * as Fields from './Fields'
import * as Outcome from './Outcome'

export type Difference =
  | {
      readonly _tag: 'Decision'
      readonly from: Outcome.Decided
      readonly to: Outcome.Decided
      /** Of the second. */
      readonly reason: string | null
    }
  /** The same decision for another reason. */
  | {
      readonly _tag: 'Reason'
      readonly decided: Outcome.Decided
      readonly from: string | null
      readonly to: string | null
    }
  /** Another number of outputs for a sink. */
  | { readonly _tag: 'Count'; readonly sink: string; readonly from: number; readonly to: number }
  /** The outputs of several sinks come in another order, which changes their idempotency keys. */
  | { readonly _tag: 'Order'; readonly from: string; readonly to: string }
  /** A field of an output; `path` is empty for a value that is not an object. */
  | (Fields.Changed & { readonly _tag: 'Field'; readonly sink: string })

/** What `--allow` names, and what differences of one kind have in common. */
export const nameOf = (difference: Difference): string => {
  switch (difference._tag) {
    case 'Decision':
      return `${difference.from}->${difference.to}`
    case 'Reason':
      return `${difference.decided}.reason`
    case 'Count':
      return difference.sink
    case 'Order':
      return 'outputs.order'
    case 'Field':
      return Fields.join(difference.sink, difference.path)
  }
}

/** Differences of one kind are counted together: those of one name, and of one shape of reason. */
export const groupOf = (difference: Difference): string => {
  const name = nameOf(difference)
  const shape = (reason: string | null): string => (reason === null ? '' : ReasonShape.of(reason))
  switch (difference._tag) {
    case 'Decision':
      return `${name} ${shape(difference.reason)}`
    case 'Reason':
      return `${name} ${shape(difference.from)} ${shape(difference.to)}`
    case 'Count':
      return `${name} ${difference.from} ${difference.to}`
    case 'Order':
      return name
    case 'Field':
      return `${name} ${difference.how}`
  }
}

/** The two sides of it, as texts. */
export const sides = (difference: Difference): readonly [from: string, to: string] => {
  switch (difference._tag) {
    case 'Decision':
      return [
        difference.from,
        difference.reason === null ? difference.to : `${difference.to}: ${difference.reason}`
      ]
    case 'Reason':
      return [difference.from ?? '', difference.to ?? '']
    case 'Count':
      return [counted(difference.from), counted(difference.to)]
    case 'Order':
      return [difference.from, difference.to]
    case 'Field':
      return [difference.from ?? 'absent', difference.to ?? 'absent']
  }
}

const counted = (count: number): string => `${count} ${count === 1 ? 'output' : 'outputs'}`

// -- comparing --------------------------------------------------------------------------------------------------------

/** `nothing` counts as `ack`, but is reported: a `return` may be missing. */
export const between = (a: Outcome.Outcome, b: Outcome.Outcome): ReadonlyArray<Difference> => {
  if (a === b) return []
  if (a.decided !== b.decided)
    return [
      { _tag: 'Decision', from: a.decided, to: b.decided, reason: b.reason },
      ...(Outcome.isFinished(a) && Outcome.isFinished(b) ? ofOutputs(a.outputs, b.outputs) : [])
    ]
  return [
    ...(a.reason === b.reason
      ? []
      : [{ _tag: 'Reason', decided: a.decided, from: a.reason, to: b.reason } as const]),
    ...ofOutputs(a.outputs, b.outputs)
  ]
}

type Outputs = ReadonlyArray<Outcome.Sent>

const ofOutputs = (a: Outputs, b: Outputs): ReadonlyArray<Difference> => {
  if (a.length === 0 && b.length === 0) return []
  const sinks = [...new Set([...a, ...b].map(({ sink }) => sink))]
  const found = sinks.flatMap((sink) => ofSink(sink, of(a, sink), of(b, sink)))
  const [from, to] = [orderOf(a), orderOf(b)]
  const isReordered = from !== to && !found.some(({ _tag }) => _tag === 'Count')
  return isReordered ? [...found, { _tag: 'Order', from, to }] : found
}

const of = (outputs: Outputs, sink: string): Outputs => outputs.filter((one) => one.sink === sink)

const orderOf = (outputs: Outputs): string => outputs.map(({ sink }) => sink).join(', ')

const ofSink = (sink: string, a: Outputs, b: Outputs): ReadonlyArray<Difference> => {
  if (a.length !== b.length) return [{ _tag: 'Count', sink, from: a.length, to: b.length }]
  return a.flatMap((one, i) => {
    const other = b[i]
    return other === undefined ? [] : ofOutput(sink, one, other)
  })
}

const ofOutput = (sink: string, a: Outcome.Sent, b: Outcome.Sent): ReadonlyArray<Difference> => [
  ...(a.key === b.key
    ? []
    : [
        {
          _tag: 'Field',
          sink,
          path: '(key)',
          how: 'changed',
          from: JSON.stringify(a.key),
          to: JSON.stringify(b.key)
        } as const
      ]),
  ...Fields.between(a.json, b.json).map((changed) => ({ ...changed, _tag: 'Field', sink }) as const)
]
