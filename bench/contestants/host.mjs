// The process of `kclts run` without its daemon. Bundled with the sources of the checkout that is measured, as `npm run build`
// bundles the commands of `kclts`.
import * as Collector from '../../src/edge/Collector'

// As `kclts run` does it, before the rest is loaded.
Collector.keepSmall()
void import('./serve.mjs').then(({ serve }) => serve())
