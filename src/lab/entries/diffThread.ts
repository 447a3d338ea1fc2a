/** What the thread of a handler of `kclts diff` runs. */
import * as ThreadMain from '../diff/ThreadMain'

void ThreadMain.run()
