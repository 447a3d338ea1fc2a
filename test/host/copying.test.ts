/** The tests of a host once more, with relays that copy what the daemon says and hears. */
process.env['HOST_RELAY_OF_TESTS'] = 'fifo'
import './Host.test'
