/** `kclts check --aws`: is everything there that the first start of Amazon's daemon needs? */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Config } from '../../config/Config'
import * as Check from '../../aws/Check'
import type { Finding } from '../../aws/Finding'
import * as Generate from '../../daemon/Generate'
import * as ConfigSearch from '../../config/ConfigSearch'
import { refused } from './check'
import * as Text from './awsText'

export interface Options {
  readonly request: ConfigSearch.Request
  readonly json: boolean
}

/** The process as this command sees it. */
export interface Context {
  readonly world: (config: Config) => Check.World
  readonly print: (text: string) => void
  /** To stderr. */
  readonly tell: (text: string) => void
  /** Aborted when the user wants no more. */
  readonly signal: AbortSignal
}

/** What only the start knows. */
const LATER = { executableName: 'none', workerId: 'none', emptyBatches: false }

/** Left: every mistake of the configuration, and what it lacks. */
const settingsOf = (request: ConfigSearch.Request): E.Either<ReadonlyArray<string>, Config> =>
  pipe(
    ConfigSearch.load(request),
    E.mapLeft((problems) => problems.map(ConfigSearch.show)),
    E.chain((loaded) =>
      pipe(
        Generate.properties(loaded.config.daemon, LATER),
        E.bimap(
          (problems) => problems.map(({ key, text }) => ConfigSearch.showLater(loaded, key, text)),
          () => loaded.config
        )
      )
    )
  )

/** Prints each finding as it comes. 0: nothing is to be done. 2: something is, or it was stopped before the end. */
export const checkAws = async ({ request, json }: Options, around: Context): Promise<0 | 2> => {
  const settings = settingsOf(request)
  if (E.isLeft(settings)) {
    around.tell(refused(settings.left).text)
    return 2
  }
  const { right: config } = settings
  const found: Array<Finding> = []
  for await (const finding of Check.findings(config.daemon, around.world(config))) {
    if (around.signal.aborted) {
      around.tell('kclts check: stopped; what is not shown was not checked\n')
      return 2
    }
    found.push(finding)
    around.print(json ? Text.json(finding) : Text.line(finding))
  }
  around.print(json ? Text.jsonSummary(found) : Text.summary(found))
  return found.some(({ verdict }) => verdict === 'todo') ? 2 : 0
}
