'use strict'
// Lines of a daemon, damaged.

const NEWLINE = 10

/** Bytes that are no UTF-8, or UTF-8 that few expect: overlong, surrogates, a byte order mark, U+2028, NUL. */
const ODD = [
  [0xff],
  [0xc3],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xe2, 0x80, 0xa8],
  [0x00],
  [0x0d],
  [0x0a],
  [0x0d, 0x0a],
  [0x5c, 0x75, 0x64, 0x38, 0x30, 0x30]
].map((bytes) => Buffer.from(bytes))

const NUMBERS = [
  '1e999',
  '-1',
  '-0',
  '9007199254740993',
  '0.1',
  '1E400',
  '00',
  '9'.repeat(400),
  '49590338271490256608559692538361571095921575989136588898',
  '1e2'
]

const VALUES = [
  'null',
  'true',
  '""',
  '"x"',
  '0',
  '[]',
  '{}',
  '"7"',
  '"007"',
  '"-1"',
  '"SHARD_END"',
  '"processRecords"',
  '{"action":"leaseLost"}',
  '[[[[]]]]',
  '"\\u2028"',
  '"\\ud800"'
]

const KEYS = [
  'action',
  'records',
  'sequenceNumber',
  'subSequenceNumber',
  'error',
  'responseFor',
  '__proto__',
  'x'
]

const splice = (line, at, remove, insert) =>
  Buffer.concat([line.subarray(0, at), insert, line.subarray(Math.min(line.length, at + remove))])

const nest = (random) => {
  const depth = random.pick([3, 50, 2000])
  return random.chance(0.5)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
}

const junk = (random) =>
  random.chance(0.1) ? nest(random) : random.chance(0.5) ? random.pick(NUMBERS) : random.pick(VALUES)

/** Changes of the text of an object: they keep it JSON, mostly. */
const shuffled = (random, entries) => {
  for (let i = entries.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[entries[i], entries[j]] = [entries[j], entries[i]]
  }
  return entries
}

/** A place in a value that holds an object: the value itself or, deep within, a record. */
const place = (random, value) => {
  const records = Array.isArray(value.records) ? value.records : []
  return records.length > 0 && random.chance(0.7) ? random.pick(records) : value
}

const RAW = '\u0001raw:'

/** JSON of a value in which texts that begin with RAW stand for themselves. */
const written = (value) =>
  JSON.stringify(value).replace(/"\\u0001raw:((?:[^"\\]|\\.)*)"/g, (_, raw) => JSON.parse(`"${raw}"`))

const structural = {
  wrongType: (random, value) => {
    const at = place(random, value)
    const key = random.pick(Object.keys(at))
    at[key] = RAW + junk(random)
    return written(value)
  },
  missingKey: (random, value) => {
    const at = place(random, value)
    delete at[random.pick(Object.keys(at))]
    return written(value)
  },
  newKey: (random, value) => {
    place(random, value)[random.pick(KEYS) + (random.chance(0.5) ? '2' : '')] = RAW + junk(random)
    return written(value)
  },
  reordered: (random, value) => {
    const at = place(random, value)
    const entries = shuffled(random, Object.entries(at))
    for (const key of Object.keys(at)) delete at[key]
    for (const [key, one] of entries) at[key] = one
    return written(value)
  },
  duplicateKey: (random, value) => {
    const text = written(value)
    const extra = `"${random.pick(KEYS)}":${junk(random)}`
    return random.chance(0.5) ? `{${extra},${text.slice(1)}` : `${text.slice(0, -1)},${extra}}`
  },
  moreRecords: (random, value) => {
    if (!Array.isArray(value.records) || value.records.length === 0) return written(value)
    const one = random.pick(value.records)
    value.records.splice(random.below(value.records.length + 1), 0, one)
    return written(value)
  },
  spaced: (random, value) =>
    ` \t${JSON.stringify(value, null, random.pick([1, '\t'])).replaceAll('\n', ' ')} \r`
}

const bytewise = {
  bitFlip: (random, line) => {
    const copy = Buffer.from(line)
    for (let n = 1 + random.below(3); n > 0; n--) copy[random.below(copy.length)] ^= 1 << random.below(8)
    return copy
  },
  truncated: (random, line) => line.subarray(0, random.below(line.length)),
  beheaded: (random, line) => line.subarray(random.below(line.length)),
  odd: (random, line) => splice(line, random.below(line.length + 1), random.below(2), random.pick(ODD)),
  cut: (random, line) => splice(line, random.below(line.length), 1 + random.below(12), Buffer.alloc(0)),
  repeated: (random, line) => {
    const at = random.below(line.length)
    return splice(line, at, 0, line.subarray(at, at + 1 + random.below(40)))
  },
  spliced: (random, line, other) =>
    Buffer.concat([
      line.subarray(0, random.below(line.length + 1)),
      other.subarray(random.below(other.length + 1))
    ]),
  glued: (random, line, other) => Buffer.concat([line, other]),
  doubled: (random, line) => Buffer.concat([line, Buffer.from([NEWLINE]), line]),
  replaced: (random, line, other) => other,
  number: (random, line) => {
    const text = line.toString('latin1')
    const numbers = [...text.matchAll(/[0-9]+/g)]
    if (numbers.length === 0) return line
    const found = random.pick(numbers)
    return splice(line, found.index, found[0].length, Buffer.from(random.pick(NUMBERS)))
  },
  swollen: (random, line) =>
    splice(line, random.below(line.length), 0, Buffer.alloc(random.pick([10, 70_000]), 0x20))
}

const ways = [
  ...Object.entries(structural).map(([name, way]) => [
    name,
    (random, line) => Buffer.from(way(random, JSON.parse(line.toString('utf8'))))
  ]),
  ...Object.entries(bytewise)
]

/** A damaged line, which may be several or none, and the name of the damage. */
const mutate = (random, line, other) => {
  const [name, way] = random.pick(ways)
  const once = way(random, line, other)
  return random.chance(0.1) && once.length > 0
    ? { name: `${name}+bitFlip`, line: bytewise.bitFlip(random, once) }
    : { name, line: once }
}

/** What keeps the layout of a line, or nearly: one byte becomes another one that could stand there, or goes, or comes again. */
const LIKELY = Buffer.from('0123456789abzAZ+/="\\,:{}[] -.e\t\u0000\u001f\u007f\u0080\u00ff', 'latin1')

const subtle = (random, line) => {
  const at = random.below(line.length)
  switch (random.below(4)) {
    case 0:
      return splice(line, at, 1, Buffer.alloc(0))
    case 1:
      return splice(line, at, 0, line.subarray(at, at + 1))
    default:
      return splice(line, at, random.below(2), Buffer.from([random.pick(LIKELY)]))
  }
}

module.exports = { mutate, subtle }
