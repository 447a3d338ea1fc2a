/** Values of DynamoDB as its JSON has them, `{"N":"12"}`, made values of JavaScript. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { isFields } from '../protocol/Fields'
import { found } from '../protocol/wire/Explain'
import * as Base64 from './Base64'

/** Makes a value of a number's text. */
export type Numbers = (text: string) => unknown

/** Attributes by their names. */
export type Item = Readonly<Record<string, unknown>>

/** DynamoDB has numbers of at most 38 digits, with exponents from -130 to 125. */
const NUMBER = /^-?[0-9]{1,130}(\.[0-9]{1,130})?([eE][+-]?[0-9]{1,3})?$/

/** The significant digits of a decimal, and how many zeros follow them: the same for the same number. */
const decimal = (text: string): readonly [digits: string, zeros: number] => {
  const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').split(/[eE]/)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = `${whole}${fraction}`.replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  return [digits, digits === '' ? 0 : Number(exponent) - fraction.length + all.length - digits.length]
}

const integer = (text: string, digits: string, zeros: number): bigint => {
  const size = BigInt(digits) * 10n ** BigInt(zeros)
  return text.startsWith('-') ? -size : size
}

/**
 * A number where it holds the decimal as it is written; else a bigint of an integer, and the text of a fraction. So
 * nothing is rounded in silence.
 */
export const exact: Numbers = (text) => {
  const value = Number(text)
  const [digits, zeros] = decimal(text)
  if (digits === '') return 0
  if (zeros >= 0) return Number.isSafeInteger(value) ? value : integer(text, digits, zeros)
  const [held, heldZeros] = decimal(String(value))
  return held === digits && heldZeros === zeros ? value : text
}

type Result = E.Either<string, unknown>

const wrong = (where: string, expected: string, value: unknown): E.Either<string, never> =>
  E.left(`${where}: expected ${expected}, found ${found(value)}`)

const number = (numbers: Numbers, value: unknown, where: string): Result =>
  typeof value === 'string' && NUMBER.test(value)
    ? E.tryCatch(
        () => numbers(value),
        (thrown) => `${where}: ${E.toError(thrown).message}`
      )
    : wrong(where, 'the text of a number', value)

const binary = (value: unknown, where: string): Result =>
  typeof value === 'string' && Base64.is(value)
    ? E.right(new Uint8Array(Buffer.from(value, 'base64')))
    : wrong(where, 'base64', value)

const list = (
  value: unknown,
  where: string,
  one: (value: unknown, where: string) => Result
): E.Either<string, ReadonlyArray<unknown>> => {
  if (!Array.isArray(value)) return wrong(where, 'a list', value)
  const values: Array<unknown> = []
  for (const [index, each] of value.entries()) {
    const read = one(each, `${where}[${index}]`)
    if (E.isLeft(read)) return read
    values.push(read.right)
  }
  return E.right(values)
}

const set = (value: unknown, where: string, one: (value: unknown, where: string) => Result): Result =>
  pipe(
    list(value, where, one),
    E.map((values) => new Set(values))
  )

const text = (value: unknown, where: string): Result =>
  typeof value === 'string' ? E.right(value) : wrong(where, 'a string', value)

/** Left: where an attribute is not what DynamoDB writes, and what was expected. */
export const item =
  (numbers: Numbers) =>
  (value: unknown, where: string): E.Either<string, Item> => {
    if (!isFields(value)) return wrong(where, 'attributes by name', value)
    const fields: Array<readonly [string, unknown]> = []
    for (const [name, attribute] of Object.entries(value)) {
      const read = attributeOf(numbers)(attribute, `${where}.${name}`)
      if (E.isLeft(read)) return read
      fields.push([name, read.right])
    }
    return E.right(Object.fromEntries(fields))
  }

const attributeOf =
  (numbers: Numbers) =>
  (attribute: unknown, where: string): Result => {
    const [[type, value] = ['', undefined], ...more] = isFields(attribute) ? Object.entries(attribute) : []
    if (more.length > 0) return wrong(where, 'an attribute of one type', attribute)
    const numeric = (one: unknown, place: string): Result => number(numbers, one, place)
    switch (type) {
      case 'S':
        return text(value, where)
      case 'N':
        return numeric(value, where)
      case 'B':
        return binary(value, where)
      case 'BOOL':
        return typeof value === 'boolean' ? E.right(value) : wrong(where, 'true or false', value)
      case 'NULL':
        return E.right(null)
      case 'SS':
        return set(value, where, text)
      case 'NS':
        return set(value, where, numeric)
      case 'BS':
        return set(value, where, binary)
      case 'L':
        return list(value, where, attributeOf(numbers))
      case 'M':
        return item(numbers)(value, where)
      default:
        return wrong(where, 'an attribute of DynamoDB', attribute)
    }
  }
