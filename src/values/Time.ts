/** A time as a person writes it, by RFC 3339: `2026-01-31T12:00:00Z`, or a date alone for its begin in UTC. */
import * as E from 'fp-ts/Either'

export const EXPECTED = 'a time such as 2026-01-31T12:00:00Z'

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:\d{2})?)?$/i

const daysIn = (year: number, month: number): number => {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

const NO_ZONE =
  'it has no zone, so it would be another time on each machine; add Z for UTC, or an offset such as +02:00'

/** Minutes east of UTC; null: there is no such offset. */
const offsetOf = (zone: string): number | null => {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))]
  if (hours > 23 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Right: milliseconds since 1970. Left: why it is no time. */
export const parse = (text: string): E.Either<string, number> => {
  const match = SHAPE.exec(text)
  if (match === null) return E.left('it does not look like a time')
  const [, years, months, days, hours, minutes, seconds = '0', fraction = '', zone] = match
  const [year, month, day] = [Number(years), Number(months), Number(days)]
  if (month < 1 || month > 12) return E.left(`there is no month ${months}`)
  if (day < 1 || day > daysIn(year, month)) return E.left(`${years}-${months} has no day ${days}`)
  if (hours !== undefined && zone === undefined) return E.left(NO_ZONE)
  if (Number(hours ?? 0) > 23) return E.left(`a day has no hour ${hours}`)
  if (Number(minutes ?? 0) > 59) return E.left(`an hour has no minute ${minutes}`)
  if (Number(seconds) > 59)
    return E.left(`a minute has no second ${seconds}; leap seconds have no time of their own`)
  const offset = offsetOf(zone ?? 'Z')
  if (offset === null) return E.left(`there is no offset ${zone}`)
  // Not Date.UTC, which takes the years 0 to 99 as those of the twentieth century.
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day)
  const minute = Number(hours ?? 0) * 60 + Number(minutes ?? 0) - offset
  const millis = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return E.right(midnight + minute * 60_000 + Number(seconds) * 1000 + millis)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HTTP = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/

/**
 * A date of HTTP (RFC 9110, IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`) in milliseconds since 1970; null: it is not
 * such a date.
 */
export const parseHttp = (text: string): number | null => {
  const [, day, name = '', year, time] = HTTP.exec(text) ?? []
  const month = String(MONTHS.indexOf(name) + 1).padStart(2, '0')
  const parsed = parse(`${year}-${month}-${day}T${time}Z`)
  return E.isRight(parsed) ? parsed.right : null
}
