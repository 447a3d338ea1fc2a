/** What `kclts diff --json` prints. */
import type { Example, Impure } from './Comparison'
import { notesOf, type Found } from './Report'

const impureOf = (impure: Impure | null): object | null =>
  impure === null ? null : { records: impure.records, examples: impure.examples }

const exampleOf = ({ place, from, to }: Example): object => ({ record: place, from, to })

export const of = (found: Found): object => {
  const { summary, facts, verdict } = found
  const took = summary.took.at(-1)
  return {
    same: verdict.isSame,
    verdict: verdict.text,
    old: found.names.old,
    new: found.names.new,
    recording: found.recording,
    records: summary.records,
    differing: summary.differing,
    allowed: summary.allowed,
    repeated: facts.repeated,
    shards: facts.shards,
    sampling: facts.sampling,
    masked: facts.masked,
    decisions: summary.decisions,
    differences: summary.groups.map((group) => ({
      what: group.name,
      kind: group.kind.toLowerCase(),
      how: group.how,
      records: group.records,
      allowed: group.allowed,
      examples: group.examples.map(exampleOf)
    })),
    impure: { old: impureOf(summary.impure.old), new: impureOf(summary.impure.new) },
    millis: { old: took?.old.millis ?? 0, new: took?.new.millis ?? 0 },
    calls: { old: took?.old.calls ?? 0, new: took?.new.calls ?? 0 },
    notes: notesOf(found)
  }
}
