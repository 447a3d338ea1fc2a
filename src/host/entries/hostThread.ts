/** What a thread of the host runs. Bundled into one file: the host starts it once for each thread. */
import * as path from 'node:path'
import * as Recorder from '../../lab/Recorder'
import * as ThreadMain from '../ThreadMain'

void ThreadMain.run(Recorder.opening(path.join(__dirname, '../../lab/entries/recorder.js')))
