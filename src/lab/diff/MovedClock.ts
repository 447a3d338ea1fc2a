/** The time of day as user code of this thread sees it, moved: a handler that decides by it decides otherwise. */

/** Another year, month, day of the week, hour, minute, second and millisecond. */
const BY = (((410 * 24 + 5) * 60 + 7) * 60 + 11) * 1000 + 13

const RealDate = Date

const now = (): number => RealDate.now() + BY

/** Dates are of the real class: those that were made before are still instances of what user code calls `Date`. */
const Moved: DateConstructor = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, given: Array<unknown>, made: new () => object) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, made === Moved ? target : made) as Date,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown))
})

const put = (date: DateConstructor): void => {
  globalThis.Date = date
  RealDate.prototype.constructor = date
}

/** Runs with the clock moved, or as it is. */
export const during = async <A>(isMoved: boolean, run: () => Promise<A>): Promise<A> => {
  if (!isMoved) return run()
  put(Moved)
  try {
    return await run()
  } finally {
    put(RealDate)
  }
}
