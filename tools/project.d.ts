/** File contents by path within the project. */
export type Files = Readonly<Record<string, string>>

export const root: string
export const write: (folder: string, files: Files) => void
export const make: (files?: Files, within?: string) => string
export const install: (folder: string, checkout?: string) => void
