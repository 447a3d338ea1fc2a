/** Passes valid sensor readings on; an invalid one becomes a dead letter that says what is wrong. It is pure. */
import * as t from 'io-ts'
import { ack, decodeJson, reject, sinks } from 'kclts'

interface Celsius {
  readonly '-90 to 60 °C': unique symbol
}

/** A branded type: a number outside the range is not a temperature, for the compiler and at run time. */
const Celsius = t.brand(t.number, (n): n is t.Branded<number, Celsius> => n >= -90 && n <= 60, '-90 to 60 °C')

/** A Date in the code, ISO 8601 in UTC outside. Error messages give the name of this codec after `expected`. */
const Instant = new t.Type<Date, string>(
  'an instant such as 2026-01-31T23:59:59Z',
  (u): u is Date => u instanceof Date,
  (u, context) => {
    const date = new Date(typeof u === 'string' && /T.*Z$/.test(u) ? u : NaN)
    return Number.isNaN(date.getTime()) ? t.failure(u, context) : t.success(date)
  },
  (date) => date.toISOString()
)

const Reading = t.type({ sensor: t.string, at: Instant, temperature: Celsius }, 'a reading')

/** Outputs are encoded by their codec: the sink gets text where the handler has a Date. */
export const outputs = { readings: Reading }
const to = sinks(outputs)

/** kclts writes this version on dead letters. */
export const version = '2.1.0'

export const handler = decodeJson(Reading)((reading, record) => {
  const arrival = record.approximateArrivalTimestamp
  if (arrival !== null && reading.at.getTime() > arrival + 60_000)
    return reject('the clock of the sensor is ahead')
  return to.readings(reading, { key: reading.sensor })(ack())
})
