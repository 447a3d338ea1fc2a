/** Puts the sinks to the edge: what `kclts child` and `start` run. The sinks are loaded once one is configured. */
import type { OpenSinks } from '../edge/Outlets'
import * as prepare from '../edge/prepare'

export const openSinks: OpenSinks = async (config, module, onWarning) =>
  (await import('../sinks/open.js')).open(config, module, onWarning)

/** Prepares and runs a conversation; what is wrong goes to stderr, and the exit code is 2. */
export const runOrExplain = (request: Omit<prepare.Request, 'openSinks'>): Promise<void> =>
  prepare.runOrExplain({ ...request, openSinks })
