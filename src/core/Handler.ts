/** The one thing a user writes. */
import type { Decision } from './Decision'
import type { KinesisRecord } from './KinesisRecord'

/**
 * Takes a record, says what became of it. Pure: call it in a test and compare what it returns.
 *
 * `true` means `checkpoint()` and `false` means `ack()`, as in kclpy. A throw is a failure, dealt with by the
 * failure policy of the configuration.
 */
export type Handler = (record: KinesisRecord) => Decision | boolean
