import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Properties from '../../src/config/Properties'

/** As `key=value@line`. */
const read = (text: string): ReadonlyArray<string> => {
  const parsed = Properties.parse(text)
  return E.isLeft(parsed)
    ? parsed.left.map(({ line, text: why }) => `${line}: ${why}`)
    : parsed.right.map(({ key, value, line }) => `${key}=${value}@${line}`)
}

describe('a .properties file', () => {
  it('has one of three separators, with blanks around it or blanks alone', () =>
    assert.deepEqual(read('a=1\nb: 2\nc 3\nd\t=\f4\ne == 5\nf = = 6\n g'), [
      'a=1@1',
      'b=2@2',
      'c=3@3',
      'd=4@4',
      'e== 5@5',
      'f== 6@6',
      'g=@7'
    ]))

  it('has comments that begin a line alone', () =>
    assert.deepEqual(read('# a=1\n  ! b=2\n\nc=#3 ! 4\n#d=5\\\ne=6'), ['c=#3 ! 4@4', 'e=6@6']))

  it('has lines that go on after an odd number of backslashes', () =>
    assert.deepEqual(read('a=1,\\\n   2,\\\r\n\t3\nb=c:\\\\\nd=\\\n# no comment\ne=5\\'), [
      'a=1,2,3@1',
      'b=c:\\@4',
      'd=# no comment@5',
      'e=5@7'
    ]))

  it('keeps the blanks at the end of a value', () =>
    assert.deepEqual(read('a=1 \t\nb=2'), ['a=1 \t@1', 'b=2@2']))

  it('has escapes', () =>
    assert.deepEqual(read('a\\ b\\=c\\:d=\\t\\n\\r\\f\\"\\q\nk=caf\\u00e9 \\ud83d\\uDE00'), [
      'a b=c:d=\t\n\r\f"q@1',
      'k=café 😀@2'
    ]))

  it('is refused as a whole for a wrong escape, all of which are reported', () =>
    assert.deepEqual(read('a=\\u12\nb=1\n\\uwxyz=2'), [
      '1: found \\u without four hexadecimal digits, expected four, such as \\u00e4',
      '3: found \\u without four hexadecimal digits, expected four, such as \\u00e4'
    ]))

  it('has all of the keys that are there twice, in their order', () =>
    assert.deepEqual(read('a=1\nb=2\na=3'), ['a=1@1', 'b=2@2', 'a=3@3']))
})

describe('what is written', () => {
  it('is escaped where Java would read something else', () =>
    assert.equal(
      Properties.print([
        ['a b=c', ' x = y: #z '],
        ['#d', 'C:\\new\nline'],
        ['é', '日本 😀']
      ]),
      'a\\ b\\=c = \\ x = y: #z \n\\#d = C:\\\\new\\nline\n\\u00e9 = \\u65e5\\u672c \\ud83d\\ude00\n'
    ))

  it('is read as it was', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }))),
        (all) =>
          assert.deepEqual(
            pipe(
              Properties.parse(Properties.print(all)),
              E.map((entries) => entries.map(({ key, value }) => [key, value]))
            ),
            E.right(all)
          )
      )
    ))
})

/** Reads texts, each a line of hexadecimal UTF-16; says what each has, in the same way. */
const JAVA = `
import java.io.*; import java.util.*;
public class Load {
  static String hex(String s) { StringBuilder b = new StringBuilder(); for (char c : s.toCharArray()) b.append(String.format("%04x", (int) c)); return b.toString(); }
  public static void main(String[] a) throws Exception {
    BufferedReader in = new BufferedReader(new FileReader(a[0]));
    for (String line; (line = in.readLine()) != null; ) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < line.length(); i += 4) text.append((char) Integer.parseInt(line.substring(i, i + 4), 16));
      Properties p = new Properties();
      try { p.load(new StringReader(text.toString())); } catch (IllegalArgumentException e) { System.out.println("refused"); continue; }
      StringBuilder out = new StringBuilder();
      for (String k : new TreeSet<>(p.stringPropertyNames())) out.append(hex(k)).append('=').append(hex(p.getProperty(k))).append(' ');
      System.out.println(out);
    }
  }
}`

const hex = (text: string): string =>
  [...Array(text.length).keys()].map((i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('')

const inShort = (text: string): string => {
  const parsed = Properties.parse(text)
  if (E.isLeft(parsed)) return 'refused'
  const last = new Map(parsed.right.map(({ key, value }) => [key, value]))
  // By UTF-16 units, as Java's strings are ordered.
  return [...last]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${hex(key)}=${hex(value)} `)
    .join('')
}

/** A lone backslash at the end of the text is an entry without a key to Java, in place of another such. */
const withKeys = (shown: string): string => shown.replace(/^=[0-9a-f]* /, '')

const ofJava = (texts: ReadonlyArray<string>): ReadonlyArray<string> | null => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-properties-'))
  try {
    fs.writeFileSync(path.join(folder, 'Load.java'), JAVA)
    fs.writeFileSync(path.join(folder, 'texts'), texts.map((text) => `${hex(text)}\n`).join(''))
    const out = execFileSync('java', ['Load.java', 'texts'], {
      cwd: folder,
      encoding: 'latin1',
      stdio: 'pipe'
    })
    return out.split(/\r?\n/).slice(0, -1)
  } catch {
    return null
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

describe('Java', () => {
  it('reads every text as we do, and what we write', (t) => {
    const char = fc.constantFrom(
      ...' \t\f\n\r\\\\\\\\=:#!utnab0é😀',
      '\r\n',
      '\\u00e9',
      '\\\n',
      '\\\r\n',
      '\n#'
    )
    const written = fc
      .array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' })))
      .map(Properties.print)
    const texts = [
      ...fc.sample(
        fc.array(char, { maxLength: 24 }).map((chars) => chars.join('')),
        20_000
      ),
      ...fc.sample(written, 500)
    ]
    const java = ofJava(texts)
    if (java === null) return t.skip('there is no Java that runs a source file')
    const different = texts.flatMap((text, i) =>
      withKeys(java[i] ?? '') === withKeys(inShort(text))
        ? []
        : [`${JSON.stringify(text)}: ${java[i]} and not ${inShort(text)}`]
    )
    assert.deepEqual(different.slice(0, 5), [])
  })
})
