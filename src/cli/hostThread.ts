/** What a thread of the host runs: the host's room does not know the sinks. */
import * as Thread from '../host/Thread'
import { openSinks } from './conversation'

void Thread.run(openSinks)
