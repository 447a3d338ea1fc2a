'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Table = require('../Table')

describe('a table of the benches', () => {
  it('has names to the left, figures to the right, and is Markdown', () => {
    assert.equal(
      Table.render(
        ['shape', 'child', 'records/s'],
        [
          ['1x100', 'kclts', '12.5 (11.0 to 13.0)'],
          ['1000x1000', 'none', '']
        ]
      ),
      [
        '| shape     | child |           records/s |',
        '| --------- | ----- | ------------------: |',
        '| 1x100     | kclts | 12.5 (11.0 to 13.0) |',
        '| 1000x1000 | none  |                     |'
      ].join('\n')
    )
  })

  it('shows three digits that count', () => {
    assert.deepEqual([0.1234, 1.234, 12.34, 123.4, 123_456.7].map(Table.figure), [
      '0.12',
      '1.23',
      '12.3',
      '123',
      '123457'
    ])
  })

  it('shows less as a part and more as a multiple', () => {
    assert.deepEqual([1 / 6, 0.5, 1, 1.5].map(Table.part), ['1/6.00', '1/2.00', '1.00 x', '1.50 x'])
  })

  it('shows a spread', () => {
    assert.equal(Table.spread({ median: 3.3, low: 3.125, high: 3.5 }), '3.30 (3.13 to 3.50)')
  })
})
