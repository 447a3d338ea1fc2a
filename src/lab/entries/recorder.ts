/** What the thread that writes recordings runs. Bundled into one file, so that it starts quickly. */
import * as RecorderThread from '../RecorderThread'

void RecorderThread.run()
