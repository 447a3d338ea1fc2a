/** What a thread of the host runs. Bundled into one file: the host starts it once for each thread. */
import * as ThreadMain from '../ThreadMain'

void ThreadMain.run()
