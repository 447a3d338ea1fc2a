// A plugin of TypeDoc: each public function says what goes in, what comes out, and what fails.
import { Application, ReflectionKind } from 'typedoc'

const isEmpty = (parts) => parts === undefined || parts.every(({ text }) => text.trim() === '')

/** What the comment of a signature lacks. */
const lacks = (signature) => {
  const comment = signature.comment
  const params = (signature.parameters ?? [])
    .filter((parameter) => isEmpty(parameter.comment?.summary))
    .map(({ name }) => `@param ${name}`)
  return isEmpty(comment?.getTag('@returns')?.content) ? [...params, '@returns'] : params
}

export const load = (app) => {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Function))
      for (const signature of reflection.signatures ?? []) {
        const missing = lacks(signature)
        if (missing.length > 0)
          app.logger.validationWarning(
            `the comment of ${signature.getFullName()} lacks ${missing.join(', ')}`
          )
      }
  })
}
