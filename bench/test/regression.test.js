'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { judge, verdictOf } = require('../regression')

const committed = { speed: 3, cpu: 6 }

describe('the check for a loss of speed', () => {
  it('allows the loss of a third', () => {
    assert.deepEqual(judge({ speed: 2.01, cpu: 4.01, delay: 0 }, committed), [])
  })

  it('says which figure has lost more', () => {
    assert.deepEqual(judge({ speed: 1.99, cpu: 3.9, delay: 0 }, committed), [
      'speed: 1.99 times that of the minimal child; 3.00 is committed, and less than 2.00 fails',
      'records of a second of CPU: 3.90 times that of the minimal child; 6.00 is committed, and less than 4.00 fails'
    ])
  })

  it('has one of the two be enough where others hold the cores', () => {
    assert.deepEqual(judge({ speed: 0.5, cpu: 4.1, delay: 0.3 }, committed), [])
    assert.deepEqual(judge({ speed: 2.1, cpu: 1, delay: 0.3 }, committed), [])
    assert.equal(judge({ speed: 0.5, cpu: 3, delay: 0.3 }, committed).length, 2)
  })

  it('is skipped, and says so, where others held the cores for most of the time', () => {
    const problems = ['speed: 1.99 times that of the minimal child']
    assert.equal(verdictOf({ delay: 0.3 }, problems), 'failed')
    assert.equal(verdictOf({ delay: 0.67 }, problems), 'skipped')
    assert.equal(verdictOf({ delay: 0.67 }, []), 'passed')
  })
})
