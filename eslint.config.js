'use strict'
const js = require('@eslint/js')
const ts = require('typescript-eslint')

const exitsOnlyAtTheEdge = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name=/^(exit|reallyExit|abort)$/]",
  message: 'Set process.exitCode. The one place that calls process.exit is src/edge/leave.ts.'
}
const numbersLoseSequences = {
  selector:
    "CallExpression[callee.name=/^(Number|parseInt|parseFloat)$/] MemberExpression[property.name='sequenceNumber']",
  message: 'A sequence number exceeds 2^53: compare it with protocol/Position.'
}
const takesAnyText = {
  selector: "CallExpression[callee.object.name='Date'][callee.property.name='parse']",
  message: 'Date.parse takes 30 February and "Tue". Parse a time with values/Time.'
}
const splitsOnU2028 = {
  selector: 'ImportDeclaration[source.value=/^(node:)?readline/]',
  message: 'readline splits on U+2028 from Node 24 on. Frame with protocol/wire/Lines.'
}
const combinatorsFollow = {
  selector: "CallExpression[callee.type='CallExpression'][callee.callee.object.name=/^(A|E|IO|O|RA|T|TE)$/]",
  message: 'Write pipe(value, E.map(f)), in reading order, not E.map(f)(value).'
}

/** One place reads each clock, and each caller has to say which of them it means. */
const CLOCK = 'Take monotonic() for an interval or wall() for a time of day from src/run/Clock.ts.'
const clocks = [
  { object: 'Date', property: 'now' },
  { object: 'performance', property: 'now' },
  { object: 'performance', property: 'timeOrigin' },
  { object: 'process', property: 'hrtime' },
  { object: 'process', property: 'uptime' }
].map((clock) => ({ ...clock, message: CLOCK }))
const datesOfNow = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.name='Date']",
  message: CLOCK
}
const everywhere = [exitsOnlyAtTheEdge, numbersLoseSequences, splitsOnU2028, takesAnyText, combinatorsFollow]

module.exports = ts.config(
  { ignores: ['dist/', '.build/', '**/node_modules/', '**/.cache/', 'src/protocol/wire/scan/assembly/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        'require module exports process console Buffer __dirname setTimeout setImmediate clearTimeout URL fetch performance TextDecoder setInterval clearInterval AbortController'
          .split(' ')
          .map((name) => [name, 'readonly'])
      )
    }
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts'],
    extends: [...ts.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './examples/tsconfig.json'], tsconfigRootDir: __dirname }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // An interface gives a name to a type that follows from a schema.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      'no-restricted-syntax': ['error', ...everywhere],
      eqeqeq: 'error'
    }
  },
  {
    files: ['test/**/*.ts', 'examples/**/*.test.ts'],
    // node:test's describe and it return promises that the runner awaits.
    rules: { '@typescript-eslint/no-floating-promises': 'off' }
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/run/Clock.ts'],
    rules: {
      'no-restricted-properties': ['error', ...clocks],
      'no-restricted-syntax': ['error', ...everywhere, datesOfNow],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:perf_hooks', message: CLOCK },
            { name: 'perf_hooks', message: CLOCK }
          ]
        }
      ]
    }
  },
  { files: ['src/edge/leave.ts'], rules: { 'no-restricted-syntax': 'off' } },
  // A CommonJS module that is a function, with its types beside it, cannot be said otherwise.
  { files: ['src/compat/index.ts'], rules: { '@typescript-eslint/no-namespace': 'off' } }
)
