/** Names of AWS's resources, as IAM policies have them. */

/** Where they are. */
export interface Place {
  readonly region: string
  /** Its 12 digits; null: not known, and a policy then has `*`. */
  readonly account: string | null
}

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

const arn =
  (service: string) =>
  ({ region, account }: Place, resource: string): string =>
    `arn:${partitionOf(region)}:${service}:${region}:${account ?? '*'}:${resource}`

export const stream = (place: Place, name: string): string => arn('kinesis')(place, `stream/${name}`)

export const table = (place: Place, name: string): string => arn('dynamodb')(place, `table/${name}`)

/** Null: it has none. */
export const regionOf = (text: string): string | null => text.split(':')[3] || null
