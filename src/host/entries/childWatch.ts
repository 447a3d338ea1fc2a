/** What the thread beside a `kclts-child` runs. Bundled into one file: it costs the child less memory. */
import * as ChildWatch from '../ChildWatch'

ChildWatch.run()
