import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Config from '../../src/config/Config'
import * as ServiceLinks from '../../src/config/ServiceLinks'

/** What the kubelet sets for a Service with these ports. */
const linksOf = (
  service: string,
  host: string,
  ports: ReadonlyArray<{ readonly port: number; readonly protocol: string; readonly name: string }>
): Readonly<Record<string, string>> => {
  const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_')
  const prefix = upper(service)
  const url = ({ port, protocol }: { readonly port: number; readonly protocol: string }): string =>
    `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`
  const [first] = ports
  const links: Record<string, string> = { [`${prefix}_SERVICE_HOST`]: host }
  if (first !== undefined) {
    links[`${prefix}_SERVICE_PORT`] = String(first.port)
    links[`${prefix}_PORT`] = url(first)
  }
  for (const one of ports) {
    const begin = `${prefix}_PORT_${one.port}_${one.protocol.toUpperCase()}`
    if (one.name !== '') links[`${prefix}_SERVICE_PORT_${upper(one.name)}`] = String(one.port)
    links[begin] = url(one)
    links[`${begin}_PROTO`] = one.protocol
    links[`${begin}_PORT`] = String(one.port)
    links[`${begin}_ADDR`] = host
  }
  return links
}

const settingsIn = (env: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.keys(env).filter((name) => !ServiceLinks.is(name, env))

/** A name as Kubernetes takes one (RFC 1035), or nothing. */
const label = fc.stringMatching(/^(?:[a-z](?:[a-z0-9-]{0,20}[a-z0-9])?)?$/)

const ports = fc.array(
  fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
    name: label
  }),
  { minLength: 1, maxLength: 4 }
)

describe('the variables of a service whose name begins as ours', () => {
  it('are no settings, whatever its name, address and ports are', () =>
    fc.assert(
      fc.property(label, fc.oneof(fc.ipV4(), fc.ipV6()), ports, (rest, host, all) =>
        assert.deepEqual(settingsIn(linksOf(rest === '' ? 'kclts' : `kclts-${rest}`, host, all)), [])
      )
    ))

  it('are no settings either where the service is called as a key is', () =>
    fc.assert(
      fc.property(fc.constantFrom(...Config.keys), ports, ({ path }, all) => {
        const service = Config.variableOf(path).toLowerCase().replaceAll('_', '-')
        assert.deepEqual(settingsIn(linksOf(service, '10.0.0.1', all)), [])
      })
    ))

  it("of Docker's links are none, with what the other container has in its environment", () =>
    assert.deepEqual(
      settingsIn({
        KCLTS_PORT: 'tcp://172.17.0.5:9100',
        KCLTS_PORT_9100_TCP: 'tcp://172.17.0.5:9100',
        KCLTS_NAME: '/worker/kclts',
        KCLTS_ENV_NODE_VERSION: '22.1.0'
      }),
      []
    ))
})

describe('a variable', () => {
  it('of a key is a setting, whatever its value is but that of a link', () =>
    fc.assert(
      fc.property(fc.constantFrom(...Config.keys), fc.string(), ({ path }, value) => {
        const name = Config.variableOf(path)
        assert.deepEqual(settingsIn({ [name]: value }), [name])
      })
    ))

  it('that only ends as a link, or has another value, is one that was misspelt', () => {
    const env = {
      KCLTS_STATUS_PORT: '9100',
      KCLTS_SERVICE_HOST: 'orders',
      KCLTS_SERVICE_PORT: 'http',
      KCLTS_PORT_9100_TCP: '9100',
      KCLTS_PORT_9100_TCP_ADDR: 'orders',
      KCLTS_DAEMON_CONSUMER_NAME: '/a/b',
      KCLTS_ENV_X: '1',
      KCLTS_SERVICE_HOSTS: '10.0.0.1'
    }
    assert.deepEqual(settingsIn(env), Object.keys(env))
  })
})
