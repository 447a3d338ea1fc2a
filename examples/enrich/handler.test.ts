import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import { ack, emit, reject, skip } from 'kclts'
import { record } from 'kclts/testing'
import { handler } from './handler'

const view = {
  visitor: 'v-1',
  url: 'https://shop.example/hats?utm_campaign=may',
  agent: 'Mozilla/5.0 (Mobile)'
}

test('a view is enriched, under the key of its visitor', () => {
  deepStrictEqual(
    handler(record({ json: view })),
    emit(
      'enriched',
      { visitor: 'v-1', host: 'shop.example', path: '/hats', campaign: 'may', device: 'phone' },
      { key: 'v-1' }
    )(ack())
  )
})

test('a view that no campaign brought has none', () => {
  deepStrictEqual(
    handler(record({ json: { ...view, url: 'https://shop.example/', agent: 'curl/8' } })),
    emit(
      'enriched',
      { visitor: 'v-1', host: 'shop.example', path: '/', campaign: null, device: 'desktop' },
      { key: 'v-1' }
    )(ack())
  )
})

test('a robot is skipped', () => {
  deepStrictEqual(handler(record({ json: { ...view, agent: 'Googlebot/2.1' } })), skip('a robot'))
})

test('what is no URL, and what is no view, is rejected with its place', () => {
  deepStrictEqual(handler(record({ json: { ...view, url: 'hats' } })), reject('the URL is "hats"'))
  deepStrictEqual(
    handler(record({ json: { visitor: 'v-1', url: view.url } })),
    reject('agent: expected string, found nothing')
  )
})
