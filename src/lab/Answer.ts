/** What a handler answered, as it is kept: which decision it was, and of each output where it goes and a hash of its value. */
import * as Decision from '../core/Decision'

export interface Output {
  readonly sink: string
  readonly key?: string
  /** Of the value: see docs/lab.md. */
  readonly hash: string
}

/** The tags of `Decision.understand`. */
export interface Answer {
  readonly tag: Decision.Understood['_tag']
  /** Kept where payloads are kept in full, as it may quote one. */
  readonly reason?: string
  readonly outputs?: ReadonlyArray<Output>
}

/** What an output's value is hashed of. A value that JSON has no text for is refused by its sink, or is nothing to it. */
export const textOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch {
    return 'a value that JSON cannot have'
  }
}

/** A key is often that of the record. */
export const keyed = (key: string | undefined, hash: (text: string) => string): Pick<Output, 'key'> =>
  key === undefined ? {} : { key: hash(key) }

const asIs = (text: string): string => text

const kept = (
  { sink, key, value }: Decision.Output,
  hash: (text: string) => string,
  isFull: boolean
): Output => ({ sink, ...keyed(key, isFull ? asIs : hash), hash: hash(textOf(value)) })

/**
 * @param value what the handler returned
 * @param isFull whether the reason and the keys of outputs are kept
 */
export const of = (value: unknown, hash: (text: string) => string, isFull: boolean): Answer => {
  const understood = Decision.understand(value)
  const { _tag: tag } = understood
  const outputs = 'outputs' in understood ? understood.outputs : []
  return {
    tag,
    ...(isFull && 'reason' in understood ? { reason: understood.reason } : {}),
    ...(outputs.length === 0 ? {} : { outputs: outputs.map((output) => kept(output, hash, isFull)) })
  }
}

/** The value of an output in an answer that was read: what is known of it. */
export interface Hashed {
  readonly hash: string
}

/** A value that the session takes for the same answer. */
export const standIn = ({ tag, reason = '', outputs = [] }: Answer): unknown => {
  const known = outputs.map(({ hash, ...output }) => ({ ...output, value: { hash } satisfies Hashed }))
  switch (tag) {
    case 'Ack':
      return known.length === 0 ? Decision.ack() : { _tag: tag, outputs: known }
    case 'Checkpoint':
      return known.length === 0 ? Decision.checkpoint() : { _tag: tag, outputs: known }
    case 'Skip':
      return { _tag: tag, reason, outputs: known }
    case 'Reject':
    case 'Halt':
      return { _tag: tag, reason }
    case 'Forgotten':
      return undefined
    case 'Invalid':
      return null
  }
}

const hashOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'hash' in value && typeof value.hash === 'string'
    ? value.hash
    : ''

/** The answer that a stand-in was made of. */
export const again = (value: unknown): Answer => {
  const understood = Decision.understand(value)
  const outputs = 'outputs' in understood ? understood.outputs : []
  return {
    tag: understood._tag,
    ...('reason' in understood && understood.reason !== '' ? { reason: understood.reason } : {}),
    ...(outputs.length === 0
      ? {}
      : { outputs: outputs.map(({ value: known, ...output }) => ({ ...output, hash: hashOf(known) })) })
  }
}

const TAGS: ReadonlySet<string> = new Set<Answer['tag']>([
  'Ack',
  'Checkpoint',
  'Skip',
  'Reject',
  'Halt',
  'Forgotten',
  'Invalid'
])

export const is = (value: unknown): value is Answer =>
  typeof value === 'object' &&
  value !== null &&
  'tag' in value &&
  typeof value.tag === 'string' &&
  TAGS.has(value.tag) &&
  (!('outputs' in value) || Array.isArray(value.outputs))
