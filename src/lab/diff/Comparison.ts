/** The outcomes of two handlers, record by record, counted: what differs, how often, and where. */
import * as Glob from '../../core/Glob'
import * as Difference from './Difference'
import type { Decided, Outcome } from './Outcome'
import type { Took } from './Message'

/** A record as `kclts explain` takes it: shard, sequence number, sub-sequence number. */
export type Place = string

export interface Example {
  readonly place: Place
  readonly from: string
  readonly to: string
}

/** Differences of one kind. */
export interface Group {
  readonly kind: Difference.Difference['_tag']
  readonly name: string
  /** What happened to a field; null: it is about something else. */
  readonly how: 'added' | 'removed' | 'changed' | null
  /** Whether `--allow` names it. */
  readonly allowed: boolean
  readonly records: number
  readonly examples: ReadonlyArray<Example>
}

/** A handler that does not agree with itself. */
export interface Impure {
  readonly records: number
  readonly examples: ReadonlyArray<Example & { readonly name: string }>
}

export interface Cell {
  readonly from: Decided
  readonly to: Decided
  readonly records: number
}

export type Which = 'old' | 'new'

export interface Summary {
  readonly records: number
  /** Records that differ, those of which every difference is allowed left out. */
  readonly differing: number
  /** Records of which every difference is allowed. */
  readonly allowed: number
  /** All pairs of decisions, the equal ones included. */
  readonly decisions: ReadonlyArray<Cell>
  readonly groups: ReadonlyArray<Group>
  readonly impure: Readonly<Record<Which, Impure | null>>
  /** What each handler took, in each of its passes over the records. */
  readonly took: ReadonlyArray<Readonly<Record<Which, Took>>>
}

/** Each outcome; `again`: once more by the same handler, null where that was not asked for. */
export interface Outcomes {
  readonly first: Outcome
  readonly again: Outcome | null
}

const EXAMPLES = 5

/** A handler may give each record another kind of difference; the first ones are enough for a report. */
const MOST_GROUPS = 1000

interface Counted {
  readonly difference: Difference.Difference
  readonly allowed: boolean
  records: number
  readonly examples: Array<Example>
}

const exampleOf = (place: Place, difference: Difference.Difference): Example => {
  const [from, to] = Difference.sides(difference)
  return { place, from, to }
}

class Disagreement {
  #records = 0
  readonly #examples: Array<Example & { readonly name: string }> = []

  add(place: Place, [difference]: ReadonlyArray<Difference.Difference>): void {
    if (difference === undefined) return
    this.#records += 1
    if (this.#examples.length < EXAMPLES)
      this.#examples.push({ ...exampleOf(place, difference), name: Difference.nameOf(difference) })
  }

  read(): Impure | null {
    return this.#records === 0 ? null : { records: this.#records, examples: this.#examples }
  }
}

/** A name that `--allow` takes when the handlers are impure. */
export const IMPURE = 'impure'

export class Comparison {
  readonly #cells = new Map<string, { readonly from: Decided; readonly to: Decided; records: number }>()
  readonly #groups = new Map<string, Counted>()
  readonly #impure = { old: new Disagreement(), new: new Disagreement() }
  #records = 0
  #differing = 0
  #allowed = 0

  /** @param allow names of differences, with `*` for anything */
  constructor(private readonly allow: ReadonlyArray<string>) {}

  /**
   * Compares the two handlers on one record, in what each of them agrees with itself. Gives the differences that are not
   * allowed.
   */
  add(place: Place, before: Outcomes, after: Outcomes): ReadonlyArray<Difference.Difference> {
    this.#records += 1
    this.#count(before.first.decided, after.first.decided)
    const unsettled = [...this.#itself(place, 'old', before), ...this.#itself(place, 'new', after)]
    const differences = Difference.between(before.first, after.first)
    if (differences.length === 0) return differences
    const settled =
      unsettled.length === 0 ? differences : differences.filter((one) => !isUnsettled(unsettled, one))
    const seen = new Set<string>()
    for (const one of settled) this.#group(place, one, seen)
    const wrong = settled.filter((one) => !this.isAllowed(one))
    if (wrong.length > 0) this.#differing += 1
    else if (settled.length > 0) this.#allowed += 1
    return wrong
  }

  isAllowed(difference: Difference.Difference): boolean {
    if (this.allow.length === 0) return false
    const name = Difference.nameOf(difference)
    return this.allow.some((pattern) => Glob.matches(pattern, name))
  }

  read(took: Summary['took']): Summary {
    const groups = [...this.#groups.values()].map(({ difference, allowed, records, examples }): Group => ({
      kind: difference._tag,
      name: Difference.nameOf(difference),
      how: difference._tag === 'Field' ? difference.how : null,
      allowed,
      records,
      examples
    }))
    const most = (a: { readonly records: number }, b: { readonly records: number }): number =>
      b.records - a.records
    return {
      records: this.#records,
      differing: this.#differing,
      allowed: this.#allowed,
      decisions: [...this.#cells.values()].sort(most),
      groups: groups.sort(most),
      impure: { old: this.#impure.old.read(), new: this.#impure.new.read() },
      took
    }
  }

  #itself(place: Place, which: Which, { first, again }: Outcomes): ReadonlyArray<Difference.Difference> {
    const differences = again === null ? [] : Difference.between(first, again)
    this.#impure[which].add(place, differences)
    return differences
  }

  #count(from: Decided, to: Decided): void {
    const name = `${from}->${to}`
    const cell = this.#cells.get(name) ?? { from, to, records: 0 }
    cell.records += 1
    this.#cells.set(name, cell)
  }

  /** Several items of a list may differ in one field: the record counts once. */
  #group(place: Place, difference: Difference.Difference, seen: Set<string>): void {
    const name = Difference.groupOf(difference)
    if (seen.has(name)) return
    seen.add(name)
    const known = this.#groups.get(name)
    if (known === undefined && this.#groups.size >= MOST_GROUPS) return
    const group: Counted = known ?? {
      difference,
      allowed: this.isAllowed(difference),
      records: 0,
      examples: []
    }
    group.records += 1
    if (group.examples.length < EXAMPLES) group.examples.push(exampleOf(place, difference))
    this.#groups.set(name, group)
  }
}

/** In this a handler does not agree with itself. Without a certain decision nothing of the record is certain. */
const isUnsettled = (
  unsettled: ReadonlyArray<Difference.Difference>,
  difference: Difference.Difference
): boolean =>
  unsettled.some(
    (one) =>
      one._tag === 'Decision' ||
      (one._tag === 'Count' && 'sink' in difference && difference.sink === one.sink) ||
      Difference.nameOf(one) === Difference.nameOf(difference)
  )
