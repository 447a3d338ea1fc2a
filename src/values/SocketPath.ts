/** The path of a unix socket, for which the kernel has little room. A longer one is cut, in silence with Node 20. */

/** In bytes: `sun_path` without the zero that ends it; 108 with Linux, 104 with macOS and BSD. */
export const MOST = process.platform === 'linux' ? 107 : 103

/** What is wrong with an absolute path; null: nothing. */
export const problem = (path: string): string | null => {
  const bytes = Buffer.byteLength(path)
  return bytes <= MOST
    ? null
    : `a path of ${bytes} bytes, which is too long for a unix socket (at most ${MOST})`
}
