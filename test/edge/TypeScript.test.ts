import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import * as HandlerModule from '../../src/edge/HandlerModule'
import * as TypeScript from '../../src/edge/TypeScript'
import { type Files, project } from '../config/Project'

/** A project whose `src/handler.ts` exports `result`. */
const projectOf = (handler: string, files: Files): { readonly folder: string; readonly file: string } => {
  const folder = project({
    'package.json': '{ "private": true }',
    'node_modules/.keep': '',
    'src/handler.ts': `${handler}\nexport const handler = () => true\n`,
    ...files
  })
  return { folder, file: path.join(folder, 'src/handler.ts') }
}

const loadedAs = async (file: string): Promise<unknown> => {
  const module = await HandlerModule.load(file)
  return E.isLeft(module) ? module.left : module.right.exported('result')
}

/** What it exports as `result`, or the message, of which the first line counts. */
const result = async (handler: string, files: Files = {}): Promise<unknown> => {
  const { folder, file } = projectOf(handler, files)
  const loaded = await loadedAs(file)
  return typeof loaded === 'string' ? loaded.split('\n')[0]?.replaceAll(folder, '~') : loaded
}

const tsconfig = (text: string): Files => ({ 'tsconfig.json': text })

describe('the paths of tsconfig.json', () => {
  const HANDLER = "import { name } from '@lib/name'\nexport const result = [name]"
  const lib = { 'lib/name.ts': "export const name: string = 'lib'" }

  it('are those of the file above the handler, with comments: they are to be installed', async () =>
    assert.deepEqual(
      await result(HANDLER, {
        ...lib,
        ...tsconfig('// ours\n{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], }, /* end */ } }')
      }),
      ['lib']
    ))

  it('are those of the nearest file', async () =>
    assert.deepEqual(
      await result(HANDLER, {
        ...tsconfig('{ "compilerOptions": { "paths": { "@lib/*": ["./nowhere/*"] } } }'),
        'src/tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./own/*"] } } }',
        'src/own/name.ts': "export const name = 'own'"
      }),
      ['own']
    ))

  it('may be those of a file, or a package, that it extends, and relative to baseUrl', async () => {
    assert.deepEqual(
      await result(HANDLER, {
        'base/name.ts': "export const name = 'base'",
        ...tsconfig('{ "extends": "./tsconfig.base.json" }'),
        'tsconfig.base.json': '{ "compilerOptions": { "baseUrl": "./base", "paths": { "@lib/*": ["*"] } } }'
      }),
      ['base']
    )
    assert.deepEqual(
      await result(HANDLER, {
        ...lib,
        ...tsconfig('{ "extends": "shared/tsconfig.json", "compilerOptions": { "baseUrl": "." } }'),
        'node_modules/shared/tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["lib/*"] } } }'
      }),
      ['lib']
    )
    assert.deepEqual(
      await result("import { name } from 'lib/name'\nexport const result = [name]", {
        ...lib,
        ...tsconfig('{ "compilerOptions": { "baseUrl": "." } }')
      }),
      ['lib']
    )
  })

  it('hold for what the handler imports, too, and for a default of several places', async () =>
    assert.deepEqual(
      await result("import { deep } from './deep/module'\nexport const result = deep", {
        ...lib,
        'src/deep/module.ts': "import { name } from '@lib/name'\nexport const deep = [name]",
        ...tsconfig('{ "compilerOptions": { "paths": { "@lib/*": ["./nowhere/*", "./lib/*"] } } }')
      }),
      ['lib']
    ))

  it('that cannot be read, since what they extend is not installed, are reported where they are missed', async () => {
    const files = { ...lib, ...tsconfig('{ "extends": "@tsconfig/none/tsconfig.json" }') }
    assert.deepEqual(await result('export const result = [1]', files), [1])
    assert.match(
      String(await result(HANDLER, files)),
      /^~\/src\/handler\.ts imports a module that is not found; .*tsconfig\.json cannot be read: .*@tsconfig\/none/
    )
  })
})

describe('decorators', () => {
  /** Notes how each was called. */
  const NOTES =
    'export const result: Array<string> = []\n' +
    'const D = (...args: Array<any>): any => void result.push(args.map((one) => (one?.kind ?? typeof one) as string).join(" "))\n'
  const EXPERIMENTAL = tsconfig(
    '{ "compilerOptions": { "experimentalDecorators": true, "target": "es2022" } }'
  )

  it('of experimentalDecorators are called as legacy ones, of fields with and without a value', async () => {
    assert.deepEqual(await result(`${NOTES}class A { @D id!: string }\nnew A()`, EXPERIMENTAL), [
      'object string undefined'
    ])
    assert.deepEqual(await result(`${NOTES}class A { @D id: string = '' }\nnew A()`, EXPERIMENTAL), [
      'object string undefined'
    ])
    assert.deepEqual(
      await result(`${NOTES}@D\nclass A { @D m(@D _x: string): void {} }\nnew A()`, EXPERIMENTAL),
      ['object string number', 'object string object', 'function']
    )
  })

  it('without it are standard ones, whatever is above', async () => {
    const wanted = ['function method', 'undefined field', 'function class']
    const text = `${NOTES}@D\nclass A { @D m(): void {}\n @D id!: string }\nnew A()`
    assert.deepEqual(await result(text), wanted)
    assert.deepEqual(await result(text, tsconfig('{ "compilerOptions": { "target": "esnext" } }')), wanted)
  })

  it('get the types of their properties with emitDecoratorMetadata', async () => {
    const REFLECT =
      'const types: Array<string> = []\n;(Reflect as any).metadata = (key: string, type: any) => () => void types.push(`${key} ${type.name ?? type.map((t: any) => t.name)}`)\n'
    assert.deepEqual(
      await result(
        `${REFLECT}const D = (..._: Array<any>): any => {}\nclass B {}\n` +
          'class A { @D id!: number; @D b!: B; @D m(_s: string): Promise<void> { return Promise.resolve() } }\n' +
          'new A()\nexport const result = types',
        tsconfig('{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }')
      ),
      [
        'design:type Number',
        'design:type B',
        'design:returntype Promise',
        'design:paramtypes String',
        'design:type Function'
      ]
    )
  })

  it('are found in another file, and by the settings of an extended one', async () =>
    assert.deepEqual(
      await result("import { result as inner } from './model'\nexport const result = inner", {
        'src/model.ts': `${NOTES}export class A { @D id!: string }`,
        ...tsconfig('{ "extends": "./base.json" }'),
        'base.json': '{ "compilerOptions": { "experimentalDecorators": true } }'
      }),
      ['object string undefined']
    ))

  it('are compiled anew when tsconfig.json says otherwise', async () => {
    const { folder, file } = projectOf(`${NOTES}class A { @D m(): void {} }\nnew A()`, EXPERIMENTAL)
    assert.deepEqual(await loadedAs(file), ['object string object'])
    fs.writeFileSync(path.join(folder, 'tsconfig.json'), '{}')
    fs.renameSync(path.join(folder, 'src'), path.join(folder, 'source'))
    assert.deepEqual(await loadedAs(path.join(folder, 'source/handler.ts')), ['function method'])
  })

  it('in a file that cannot be parsed leave its place in the message', async () =>
    assert.match(
      String(await result(`${NOTES}class A { @D id!: string }\nconst x = ;`, EXPERIMENTAL)),
      /^~\/src\/handler\.ts cannot be parsed: /
    ))

  it('of a kind that is not known are refused: tsconfig.json cannot be read', async () =>
    assert.match(
      String(
        await result(
          `${NOTES}class A { @D m(): void {} }`,
          tsconfig('{ "extends": "@tsconfig/none/tsconfig.json" }')
        )
      ),
      /^~\/src\/handler\.ts has decorators, but the tsconfig\.json that says which kind cannot be read: /
    ))

  it('without a TypeScript compiler are refused where jiti would call them wrongly', async () => {
    const without = async (handler: string, files: Files): Promise<string> => {
      const { folder, file } = projectOf(handler, files)
      try {
        await TypeScript.load(file, { find: () => null })
        return 'loads'
      } catch (thrown) {
        return Failure.fromUnknown(thrown).message.replaceAll(folder, '~')
      }
    }
    const why =
      '~/src/handler.ts: decorators need the TypeScript compiler, which is not installed; install it where this runs (npm install typescript; a devDependency is left out of a production install), or compile the handler to JavaScript'
    const method = `${NOTES}class A { @D m(): void {} }`
    assert.deepEqual(
      [
        await without(`${NOTES}class A { @D id!: string }`, EXPERIMENTAL),
        await without(`${NOTES}class A { @D id = '' }`, EXPERIMENTAL),
        await without(method, EXPERIMENTAL),
        await without(method, {}),
        await without(`${NOTES}@D\nexport class A {}`, {}),
        await without('/**\n @param it is no decorator\n */\nexport const result = ["\\n@a"]', {})
      ],
      [why, why, 'loads', why, why, 'loads']
    )
  })
})
