// A plugin of TypeDoc: each public function says what goes in, what comes out and what fails, and each public property what it is.
import { Application, Converter, ReflectionKind } from 'typedoc'
import { finder } from './throws.mjs'

const textOf = (parts = []) => parts.map(({ text }) => text).join('')

const isEmpty = (parts) => textOf(parts).trim() === ''

const RETURNS = '@returns'
const THROWS = '@throws'

/** All that the comment of a function says, but its parameters. */
const wordsOf = (comment) =>
  [comment?.summary, ...(comment?.blockTags ?? []).map(({ content }) => content)].map(textOf).join(' ')

/** What the comment of a signature lacks. */
const lacks = (signature, path) => {
  const { comment } = signature
  const words = wordsOf(comment)
  const isThrower =
    path !== undefined && comment?.getTag(THROWS) === undefined && !/\b(?:throws?|rejects)\b/.test(words)
  return [
    ...(signature.parameters ?? [])
      .filter((parameter) => isEmpty(parameter.comment?.summary))
      .map(({ name }) => `@param ${name}`),
    ...(isEmpty(comment?.getTag(RETURNS)?.content) ? [RETURNS] : []),
    ...(/\bEither</.test(String(signature.type)) && !/\bLeft\b/.test(words) ? ['what a Left means'] : []),
    ...(isThrower ? [`${THROWS} (${path.join(' > ')})`] : [])
  ]
}

const checkSignatures = (project, paths, warn) => {
  for (const reflection of project.getReflectionsByKind(ReflectionKind.Function))
    for (const signature of reflection.signatures ?? []) {
      const missing = lacks(signature, paths.get(reflection))
      if (missing.length > 0) warn(`the comment of ${signature.getFullName()} lacks ${missing.join(', ')}`)
    }
}

/** The meanings of these stand in the table of keys, and the types are made from it. */
const TABLE = 'src/config/Config.ts'

/** A property that an interface of ours declares. A `_tag` needs no comment: it repeats the name of the interface. */
const isDeclared = (project, property) => {
  const { packageName, packagePath } = project.getSymbolIdFromReflection(property) ?? {}
  return (
    property.parent.kindOf(ReflectionKind.Interface) &&
    packageName === project.packageName &&
    packagePath !== TABLE &&
    property.name !== '_tag'
  )
}

const checkProperties = (project, warn) => {
  for (const property of project.getReflectionsByKind(ReflectionKind.Property))
    if (isDeclared(project, property) && !property.hasComment())
      warn(`${property.getFullName()} has no comment`)
}

/** The public functions that can throw, with the path to the `throw`. */
const throwersOf = (context) => {
  const finders = new Map()
  const found = new Map()
  for (const program of context.programs) finders.set(program, finder(program.getTypeChecker()))
  for (const reflection of context.project.getReflectionsByKind(ReflectionKind.Function)) {
    const symbol = context.getSymbolFromReflection(reflection)
    const path = symbol && [...finders.values()].map((find) => find(symbol)).find((one) => one !== null)
    if (path) found.set(reflection, path)
  }
  return found
}

export const load = (app) => {
  let paths = new Map()
  app.converter.on(Converter.EVENT_END, (context) => {
    paths = throwersOf(context)
  })
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    const warn = (message) => app.logger.validationWarning(message)
    checkSignatures(project, paths, warn)
    checkProperties(project, warn)
  })
}
