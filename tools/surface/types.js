'use strict'
// Types as text that depends on what they are, and not on the files or the names that they are made of inside src.
const path = require('node:path')
const ts = require('typescript')
const { byText, split } = require('./text')

/** Set on a property that is read-only by a mapped type, such as Readonly<X>. */
const MAPPED_READONLY = 8

const WHOLE = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias

const isReadonly = (property) =>
  ((property.links?.checkFlags ?? 0) & MAPPED_READONLY) !== 0 ||
  (property.declarations ?? []).some(
    (one) => (ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Readonly) !== 0
  )

const isHidden = (property) =>
  property.name.startsWith('__#') ||
  (property.declarations ?? []).some(
    (one) => (ts.getCombinedModifierFlags(one) & ts.ModifierFlags.NonPublicAccessibilityModifier) !== 0
  )

const quoted = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

/** In parentheses where an operator that binds closer stands beside it. */
const grouped = (text, ...operators) =>
  operators.some((operator) => split(text, operator).length > 1) ? `(${text})` : text

/**
 * A printer of types. What is exported is called by its public name, what is from elsewhere (the language, Node, npm) by
 * its own; everything else is written out, so that an internal type may be renamed or moved.
 *
 * @param nameOf the public name of a symbol, or undefined
 */
const printer = (checker, src, nameOf) => {
  const isForeign = (symbol) =>
    (symbol.declarations ?? []).length > 0 &&
    symbol.declarations.every((one) => !one.getSourceFile().fileName.startsWith(src + '/'))

  const named = (symbol, args, stack) => {
    const name =
      nameOf(symbol) ?? (isForeign(symbol) && !symbol.name.startsWith('__') ? symbol.name : undefined)
    if (name === undefined) return undefined
    return args.length === 0 ? name : `${name}<${args.map((one) => print(one, stack)).join(', ')}>`
  }

  const parameters = (list, stack) =>
    (list ?? []).length === 0
      ? ''
      : `<${list
          .map((one) => {
            const bound = checker.getBaseConstraintOfType(one)
            const declared = one.symbol?.declarations?.[0]
            const fallback = checker.getDefaultFromTypeParameter?.(one)
            return (
              one.symbol.name +
              (declared?.constraint && bound ? ` extends ${print(bound, stack)}` : '') +
              (fallback ? ` = ${print(fallback, stack)}` : '')
            )
          })
          .join(', ')}>`

  /** Without what stands for a property or an argument that is left out. */
  const given = (type, isOptional, isLeftOut) =>
    isOptional && type.isUnion() ? type.types.filter((one) => !isLeftOut(one)) : [type]

  const union = (types, stack) => {
    const texts = new Set(
      types.map((one) =>
        types.length > 1 ? grouped(print(one, stack), ' => ', ' extends ') : print(one, stack)
      )
    )
    if (texts.has('true') && texts.has('false')) {
      texts.delete('true')
      texts.delete('false')
      texts.add('boolean')
    }
    return [...texts].sort(byText)
  }

  const intersection = (types, stack) =>
    types.map((one) => grouped(print(one, stack), ' | ', ' => ')).join(' & ')

  const isUndefined = (type) => (type.flags & ts.TypeFlags.Undefined) !== 0

  const parameter = (stack) => (symbol) => {
    const declared = symbol.valueDeclaration
    const type = checker.getTypeOfSymbol(symbol)
    const isRest = declared !== undefined && ts.isParameter(declared) && declared.dotDotDotToken !== undefined
    const isOptional =
      declared !== undefined && ts.isParameter(declared) && checker.isOptionalParameter(declared)
    const text = union(given(type, isOptional, isUndefined), stack).join(' | ')
    return `${isRest ? '...' : ''}${/^__\d/.test(symbol.name) ? '_' : symbol.name}${isOptional ? '?' : ''}: ${text}`
  }

  const signature = (one, stack, arrow = ' => ') => {
    const guard = checker.getTypePredicateOfSignature(one)
    const result =
      guard === undefined
        ? print(one.getReturnType(), stack)
        : `${guard.kind >= ts.TypePredicateKind.AssertsThis ? 'asserts ' : ''}${guard.parameterName ?? 'this'}${guard.type ? ` is ${print(guard.type, stack)}` : ''}`
    const args = one.getParameters().map(parameter(stack)).join(', ')
    return `${parameters(one.getTypeParameters(), stack)}(${args})${arrow}${result}`
  }

  const property = (stack) => (symbol) => {
    const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0
    const isMissing = (type) => isUndefined(type) && type !== checker.getUndefinedType()
    const text = union(given(checker.getTypeOfSymbol(symbol), isOptional, isMissing), stack).join(' | ')
    return `${isReadonly(symbol) ? 'readonly ' : ''}${quoted(symbol.name)}${isOptional ? '?' : ''}: ${text}`
  }

  /** The classes from elsewhere that an interface of ours extends: their members are not written out. */
  const foreignBases = (type) =>
    type.isClassOrInterface()
      ? checker
          .getBaseTypes(type)
          .filter(({ symbol, aliasSymbol }) => aliasSymbol === undefined && isForeign(symbol))
      : []

  /** The members of an object, sorted, a text each. */
  const members = (type, stack) => {
    const bases = foreignBases(type)
    return bases.length === 0
      ? [...signaturesAndKeys(type, stack), ...properties(type, stack)]
      : [
          ...bases.map((base) => `extends ${print(base, stack)}`),
          ...properties(type, stack, (one) => !isForeign(one))
        ]
  }

  const signaturesAndKeys = (type, stack) => [
    ...type.getCallSignatures().map((one) => signature(one, stack, ': ')),
    ...type.getConstructSignatures().map((one) => `new ${signature(one, stack, ': ')}`),
    ...checker
      .getIndexInfosOfType(type)
      .map(
        ({ keyType, type: value, isReadonly: fixed }) =>
          `${fixed ? 'readonly ' : ''}[key: ${print(keyType, stack)}]: ${print(value, stack)}`
      )
  ]

  const properties = (type, stack, isShown = () => true) =>
    checker
      .getPropertiesOfType(type)
      .filter((one) => !isHidden(one) && isShown(one))
      .map(property(stack))
      .sort(byText)

  const tuple = (type, stack) => {
    const flags = type.target.elementFlags
    const parts = checker.getTypeArguments(type).map((one, i) => {
      const text = print(one, stack)
      return (flags[i] & ts.ElementFlags.Variable) !== 0
        ? `...Array<${text}>`
        : (flags[i] & ts.ElementFlags.Optional) !== 0
          ? `${grouped(text, ' | ', ' => ')}?`
          : text
    })
    return `${type.target.readonly ? 'readonly ' : ''}[${parts.join(', ')}]`
  }

  /** A mapped type over what is not known yet. */
  const isUnresolved = (type) =>
    (type.objectFlags & ts.ObjectFlags.Mapped) !== 0 &&
    checker.getPropertiesOfType(type).length + checker.getIndexInfosOfType(type).length === 0

  const object = (type, stack) => {
    if (checker.isTupleType(type)) return tuple(type, stack)
    const isDeclared = (type.objectFlags & (ts.ObjectFlags.ClassOrInterface | ts.ObjectFlags.Reference)) !== 0
    const args = (type.objectFlags & ts.ObjectFlags.Reference) !== 0 ? checker.getTypeArguments(type) : []
    const own = args.filter((one) => one.isThisType !== true)
    const name = isDeclared ? named(type.symbol, own, stack) : undefined
    if (name !== undefined) return name
    if (isUnresolved(type)) return checker.typeToString(type, undefined, WHOLE)
    return written(type, stack)
  }

  const written = (type, stack) => {
    if (stack.includes(type)) return `(itself, ${stack.length - stack.indexOf(type)} up)`
    const inner = [...stack, type]
    const calls = type.getCallSignatures()
    const all = members(type, inner)
    if (all.length === 1 && calls.length === 1) return signature(calls[0], inner)
    return all.length === 0 ? '{}' : `{ ${all.join('; ')} }`
  }

  const print = (type, stack = []) => {
    const { aliasSymbol, aliasTypeArguments = [] } = type
    const alias = aliasSymbol && named(aliasSymbol, aliasTypeArguments, stack)
    if (alias !== undefined) return alias
    if (type.isUnion()) return union(type.types, stack).join(' | ')
    if (type.isIntersection()) return intersection(type.types, stack)
    if (type.isTypeParameter()) return type.symbol.name
    if ((type.flags & ts.TypeFlags.Object) !== 0) return object(type, stack)
    return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)
  }

  /** What the name of a type stands for, a text for each of its parts: the name itself is not taken as known. */
  const define = (type, symbol) => {
    if (type.aliasSymbol !== undefined && type.aliasSymbol !== symbol) return [print(type)]
    if (type.isUnion()) return union(type.types, []).map((one) => `| ${one}`)
    if (type.isIntersection()) return [intersection(type.types, [])]
    const isOpen = (type.flags & ts.TypeFlags.Object) === 0 || isUnresolved(type)
    if (isOpen) return [checker.typeToString(type, undefined, WHOLE)]
    if (checker.isTupleType(type) || checker.isArrayType(type)) return [object(type, [])]
    const calls = type.getCallSignatures()
    const all = members(type, [type])
    if (all.length === 1 && calls.length === 1) return [signature(calls[0], [type])]
    return all.length === 0 ? ['{}'] : all
  }

  /** What a value is, a text for each of its overloads. */
  const ofValue = (type) => {
    const calls = type.getCallSignatures()
    return calls.length > 1 ? calls.map((one) => signature(one, [type])) : [print(type)]
  }

  return { print, define, ofValue, parameters: (list) => parameters(list, []) }
}

/** A program of all sources as they lie, and its checker. */
const load = (root) => {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (one) => {
      throw new Error(one.messageText)
    }
  }
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(
    path.join(root, 'tsconfig.build.json'),
    {},
    host
  )
  const program = ts.createProgram(fileNames, options)
  const src = path.join(root, 'src')
  const sources = program.getSourceFiles().filter((file) => file.fileName.startsWith(`${src}/`))
  return { program, checker: program.getTypeChecker(), src, sources }
}

module.exports = { load, printer }
