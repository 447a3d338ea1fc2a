/**
 * Finds the records on a line of the daemon, sixteen bytes at a time. AssemblyScript, of which `npm run build:scan` makes
 * `../binary.ts`; `../Program.ts` is its counterpart in Node.
 *
 * It sees a window of the line, and notes the records that are in there as a whole. All it writes is in this memory,
 * and of bytes behind the window nothing is believed.
 */

/** What `scan` has found: five numbers, and six for each record. All are f64, as JavaScript has them. */
const FOUND: usize = 4096
const HEADER: usize = 40
const NOTE: usize = 48
/** Records that fit into the notes. */
const MOST: i32 = 2048
/** The keys and sequence numbers of these records, one after the other. */
const NAMES: usize = FOUND + HEADER + NOTE * MOST
const NAMES_SIZE: usize = 256 * 1024
/** As much as an instruction may read or write beyond an end. */
const SLACK: usize = 64
const WINDOW: usize = NAMES + NAMES_SIZE + SLACK

export function found(): usize {
  return FOUND
}
export function names(): usize {
  return NAMES
}
export function window(): usize {
  return WINDOW
}

export function slack(): usize {
  return SLACK
}

/** Memory for a window of the given bytes, if there is any. What is in the window stays there. */
export function reserve(size: usize): void {
  const pages = <i32>((WINDOW + size + SLACK + 0xffff) >>> 16)
  const missing = pages - memory.size()
  if (missing > 0) memory.grow(missing)
}

// -- what the daemon writes around the values -------------------------------------------------------------------------

let free: usize = 64

/** Puts a text of ASCII into the memory, once; gives its place. */
function put(text: string, size: i32): usize {
  assert(text.length == size)
  const at = free
  for (let i = 0; i < size; i++) store<u8>(at + i, text.charCodeAt(i))
  free += size
  return at
}

const OPENING_SIZE = 38
const OPENING = put('{"action":"processRecords","records":[', OPENING_SIZE)
const DATA_SIZE = 9
const DATA = put('{"data":"', DATA_SIZE)
const KEY_SIZE = 18
const KEY = put('","partitionKey":"', KEY_SIZE)
const SEQUENCE_SIZE = 20
const SEQUENCE = put('","sequenceNumber":"', SEQUENCE_SIZE)
const ARRIVAL_SIZE = 32
const ARRIVAL = put('","approximateArrivalTimestamp":', ARRIVAL_SIZE)
const SUB_SIZE = 21
const SUB = put(',"subSequenceNumber":', SUB_SIZE)
const CLOSING_SIZE = 19
const CLOSING = put(',"action":"record"}', CLOSING_SIZE)
const BEHIND_SIZE = 23
const BEHIND = put('],"millisBehindLatest":', BEHIND_SIZE)

/** `null`, as a little-endian number. */
const NULL: u32 = 0x6c6c756e
const NULL_SIZE: usize = 4

const QUOTE: i8 = 0x22
const COMMA: u8 = 0x2c
const ZERO: u8 = 0x30
const PAD: u8 = 0x3d
const BACKSLASH: i8 = 0x5c
const CLOSING_BRACE: u8 = 0x7d

/** Characters below it are no base64. Above it are a few more, which are passed here as they are by JSON. */
const LEAST_BASE64: i8 = 0x2b
const LEAST_TEXT: u8 = 0x20

/** The digits up to which a number is exact. */
const MOST_DIGITS: usize = 15

/** The result of a search that found nothing. It is beyond the window: what was sought may be in the next one. */
let missed: usize = 0

/** The place after a text of 8 to 32 bytes, or 0. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function after(at: usize, text: usize, size: usize): usize {
  if (!at) return 0
  const isSame =
    size <= 16
      ? load<u64>(at) == load<u64>(text) && load<u64>(at + size - 8) == load<u64>(text + size - 8)
      : !v128.any_true(
          v128.or(
            v128.xor(v128.load(at), v128.load(text)),
            v128.xor(v128.load(at + size - 16), v128.load(text + size - 16))
          )
        )
  if (isSame) return at + size
  missed = at + size
  return 0
}

/** Where a text ends at the latest: at a quote, or at a backslash, which begins an escape. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function isEnd(bytes: v128): v128 {
  return v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)))
}

/** The first place from here on whose byte is no base64. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function passBase64(at: usize, to: usize): usize {
  if (!at) return 0
  for (; at < to; at += 16) {
    const bytes = v128.load(at)
    // Signed: what is beyond ASCII is below zero.
    const isLow = i8x16.lt_s(bytes, i8x16.splat(LEAST_BASE64))
    const mask = i8x16.bitmask(v128.or(isLow, isEnd(bytes)))
    if (mask) return at + <usize>ctz(mask)
  }
  return at
}

/** Not zero: a text had bytes beyond ASCII. */
let beyond: i32 = 0

/** The first place from here on that a text cannot go beyond: its end, or a control character. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function passText(at: usize, to: usize): usize {
  if (!at) return 0
  for (; at < to; at += 16) {
    const bytes = v128.load(at)
    const isControl = i8x16.lt_u(bytes, i8x16.splat(LEAST_TEXT))
    const mask = i8x16.bitmask(v128.or(isControl, isEnd(bytes)))
    const highest = i8x16.bitmask(bytes)
    if (mask) {
      beyond |= highest & ((mask & -mask) - 1)
      return at + <usize>ctz(mask)
    }
    beyond |= highest
  }
  return at
}

/** The place after a JSON whole number without a sign, or 0. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function afterDigits(from: usize, to: usize): usize {
  if (!from) return 0
  let at = from
  for (; at < to; at += 16) {
    const digits = i8x16.sub(v128.load(at), i8x16.splat(ZERO))
    const mask = i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)))
    if (!mask) continue
    at += <usize>ctz(mask)
    break
  }
  if (at > from && (load<u8>(from) != ZERO || at == from + 1)) return at
  missed = from + 2
  return 0
}

/** The place after a number of few digits, or `null`. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function afterNumber(from: usize, to: usize): usize {
  if (!from) return 0
  if (load<u32>(from) == NULL) return from + NULL_SIZE
  const at = afterDigits(from, to)
  if (at - from <= MOST_DIGITS) return at
  missed = from + MOST_DIGITS + 1
  return 0
}

/** Eight digits, the first one in the lowest byte. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function eightDigits(digits: u64): u64 {
  const pairs = ((digits * 10) + (digits >> 8)) & 0x00ff00ff00ff00ff
  const fours = ((pairs * 100) + (pairs >> 16)) & 0x0000ffff0000ffff
  return ((fours * 10000) + (fours >> 32)) & 0x00000000ffffffff
}

/** The last digits before a place, eight at most; those before them count as zero. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function lastDigits(to: usize, count: usize): u64 {
  if (!count) return 0
  const digits = load<u64>(to - 8) & 0x0f0f0f0f0f0f0f0f
  const unused = <u64>(8 - count) << 3
  return eightDigits(digits & (u64.MAX_VALUE << unused))
}

/** What `afterNumber` has passed; for `null` what is given. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function numberAt(from: usize, to: usize, ofNull: f64): f64 {
  if (load<u8>(from) > 0x39) return ofNull
  const count = to - from
  return count <= 8
    ? <f64>lastDigits(to, count)
    : <f64>(lastDigits(to, 8) + lastDigits(to - 8, count - 8) * 100000000)
}

/** Copies a text, and what is behind it; gives the place after the copy. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function copy(from: usize, to: usize, into: usize): usize {
  for (let at: usize = 0; at < to - from; at += 16) v128.store(into + at, v128.load(from + at))
  return into + (to - from)
}

/** The place after the opening of a batch at the beginning of a line, or 0: the line is not a batch. */
export function open(from: usize, to: usize): usize {
  const at = after(after(from, OPENING, 16), OPENING + 16, OPENING_SIZE - 16)
  return at <= to ? at : 0
}

/**
 * Notes the records from a place in the window on.
 *
 * @param from where a record begins
 * @param to where the window ends
 * @param origin to be added to a place in the window for its place on the line
 * @param named bytes of names that were found before
 * @returns the place after the last one noted. At FOUND: how many there are, the bytes of their names and of their payloads,
 *   1 where what follows is of another layout, whatever the next window has, and 1 where the names are ASCII
 */
export function scan(from: usize, to: usize, origin: f64, named: f64): usize {
  let count: i32 = 0
  let into = NAMES
  let payload: f64 = 0
  let note = FOUND + HEADER
  let at = from
  missed = to + 1
  beyond = 0
  while (count < MOST) {
    const data = after(at, DATA, DATA_SIZE)
    const dataTo = passBase64(data, to)
    const key = after(dataTo, KEY, KEY_SIZE)
    const keyTo = passText(key, to)
    const sequence = after(keyTo, SEQUENCE, SEQUENCE_SIZE)
    const sequenceTo = afterDigits(sequence, to)
    const arrival = after(sequenceTo, ARRIVAL, ARRIVAL_SIZE)
    const arrivalTo = afterNumber(arrival, to)
    const sub = after(arrivalTo, SUB, SUB_SIZE)
    const subTo = afterNumber(sub, to)
    const end = after(subTo, CLOSING, CLOSING_SIZE)
    // The byte that follows says whether another record follows.
    if (!end || end >= to) break
    if (into + (keyTo - key) + (sequenceTo - sequence) > NAMES + NAMES_SIZE) break
    const keyEnd = copy(key, keyTo, into)
    into = copy(sequence, sequenceTo, keyEnd)
    const padding = load<u8>(dataTo - 1) != PAD ? 0 : load<u8>(dataTo - 2) != PAD ? 1 : 2
    payload += (<f64>(dataTo - data) / 4) * 3 - <f64>padding
    store<f64>(note, <f64>data + origin, 0)
    store<f64>(note, <f64>dataTo + origin, 8)
    store<f64>(note, <f64>(keyEnd - NAMES) + named, 16)
    store<f64>(note, <f64>(into - NAMES) + named, 24)
    store<f64>(note, numberAt(arrival, arrivalTo, NaN), 32)
    store<f64>(note, numberAt(sub, subTo, 0), 40)
    note += NOTE
    count += 1
    from = end
    if (load<u8>(end) != COMMA) break
    at = end + 1
  }
  store<f64>(FOUND, <f64>count, 0)
  store<f64>(FOUND, <f64>(into - NAMES), 8)
  store<f64>(FOUND, payload, 16)
  store<f64>(FOUND, missed <= to ? 1 : 0, 24)
  store<f64>(FOUND, beyond ? 0 : 1, 32)
  return from
}

/** What follows the records, up to the end of the line: how far the shard is behind. NaN: null. -1: something else. */
export function close(at: usize, to: usize): f64 {
  const from = after(at, BEHIND, BEHIND_SIZE)
  const end = afterNumber(from, to)
  return end && end + 1 == to && load<u8>(end) == CLOSING_BRACE ? numberAt(from, end, NaN) : -1
}
