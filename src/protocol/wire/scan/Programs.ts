/** The programs of a thread: one through whose window lines are looked at, and one whose window lines are put into. */
import { binary } from './binary'
import { Program } from './Program'

declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object }

let compiled: object | undefined

/** Takes a millisecond. null: Node runs without WebAssembly, or has no memory for it. */
const make = (): Program | null => {
  try {
    compiled ??= new WebAssembly.Module(Buffer.from(binary, 'base64'))
    return new Program(compiled)
  } catch {
    return null
  }
}

let windowed: Program | null | undefined
let home: Program | null | undefined

/** The program into whose window lines are read; null: none. */
export const ofHome = (): Program | null => (home === undefined ? (home = make()) : home)

/** The same if these bytes are in there. */
export const homeOf = (bytes: Uint8Array): Program | null =>
  home !== undefined && home !== null && home.holds(bytes) ? home : null

/** The program that can read the line; null: none can. */
export const of = (line: Uint8Array): Program | null =>
  homeOf(line) ?? (windowed === undefined ? (windowed = make()) : windowed)
