import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Time from '../../src/values/Time'

/** As a date of JavaScript shows it, or why it is no time. */
const shown = (text: string): string =>
  pipe(
    Time.parse(text),
    E.match(
      (why) => why,
      (millis) => new Date(millis).toISOString()
    )
  )

const all = (table: Readonly<Record<string, string>>): void =>
  assert.deepEqual(Object.fromEntries(Object.keys(table).map((text) => [text, shown(text)])), table)

describe('a time', () => {
  it('has a zone; a date alone begins in UTC', () =>
    all({
      '2026-01-31T12:00:00Z': '2026-01-31T12:00:00.000Z',
      '2026-01-31t12:00:00z': '2026-01-31T12:00:00.000Z',
      '2026-01-31T12:00Z': '2026-01-31T12:00:00.000Z',
      '2026-01-31T12:00:00.5Z': '2026-01-31T12:00:00.500Z',
      '2026-01-31T12:00:00.5659999Z': '2026-01-31T12:00:00.565Z',
      '2026-01-31T00:30:00+02:00': '2026-01-30T22:30:00.000Z',
      '2026-12-31T23:30:00-05:30': '2027-01-01T05:00:00.000Z',
      '2024-02-29': '2024-02-29T00:00:00.000Z',
      '2000-02-29': '2000-02-29T00:00:00.000Z',
      '0099-12-31': '0099-12-31T00:00:00.000Z'
    }))

  it('that no calendar or clock shows is refused: 30 February was taken for 2 March', () =>
    all({
      '2026-02-29': '2026-02 has no day 29',
      '2026-02-30T00:00:00Z': '2026-02 has no day 30',
      '1900-02-29': '1900-02 has no day 29',
      '2026-04-31': '2026-04 has no day 31',
      '2026-06-31T12:00:00+02:00': '2026-06 has no day 31',
      '2026-01-00': '2026-01 has no day 00',
      '2026-13-01': 'there is no month 13',
      '2026-00-01': 'there is no month 00',
      '2026-01-31T24:00:00Z': 'a day has no hour 24',
      '2026-01-31T24:00:01Z': 'a day has no hour 24',
      '2026-01-31T12:60Z': 'an hour has no minute 60',
      '2026-12-31T23:59:60Z': 'a minute has no second 60; leap seconds have no time of their own',
      '2026-01-31T12:00:00+24:00': 'there is no offset +24:00',
      '2026-01-31T12:00:00+01:60': 'there is no offset +01:60'
    }))

  it('without a zone is refused', () => {
    const why =
      'it has no zone, so it would be another time on each machine; add Z for UTC, or an offset such as +02:00'
    all({ '2026-01-31T12:00': why, '2026-01-31T12:00:00': why, '2026-01-31T12:00:00.5': why })
  })

  it('is not what Date.parse alone takes', () => {
    for (const text of [
      'Tue',
      '1',
      '2026',
      '2026-1-2',
      '2026-01',
      '01/02/2026',
      '31 Jan 2026',
      '2026-01-31 12:00:00Z',
      '2026-01-31T12Z',
      '2026-01-31T12:00:00.Z',
      '2026-01-31T12:00:00+0200',
      '2026-01-31Z',
      '+002026-01-31T00:00:00Z',
      ' 2026-01-31',
      '2026-01-31T12:00:00Z\n',
      '２０２６-01-31',
      ''
    ])
      assert.equal(shown(text), 'it does not look like a time', JSON.stringify(text))
  })

  it('is what toISOString writes', () =>
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }),
        (date) => assert.deepEqual(Time.parse(date.toISOString()), E.right(date.getTime()))
      )
    ))

  it('is taken as Date takes it, or not at all', () =>
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 0, max: 9999 }), ...[13, 32, 25, 61, 61].map((max) => fc.nat(max))),
        ([year, ...rest]) => {
          const [month, day, hour, minute, second] = rest.map((one) => String(one).padStart(2, '0'))
          const text = `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}Z`
          const date = new Date(text)
          const isSame = !Number.isNaN(date.getTime()) && date.toISOString() === text.replace('Z', '.000Z')
          assert.deepEqual(Time.parse(text)._tag, isSame ? 'Right' : 'Left')
        }
      )
    ))
})

describe('a date of HTTP', () => {
  it('is one of the form that servers send', () => {
    assert.equal(Time.parseHttp('Sun, 06 Nov 1994 08:49:37 GMT'), Date.UTC(1994, 10, 6, 8, 49, 37))
    for (const text of [
      'soon',
      '',
      'Sun, 31 Feb 2026 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37',
      '2026-01-31T12:00:00Z'
    ])
      assert.equal(Time.parseHttp(text), null, text)
  })
})
