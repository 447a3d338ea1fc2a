'use strict'
/** What tools/soak/worker/handler.js has noted: which records are finished, and where in the file that is said. */
const fs = require('node:fs')

/** Reads on where it stopped the last time; a line that is still being written comes later. */
class Notes {
  #file
  #at = 0
  #all = []
  #places = new Set()

  constructor(file) {
    this.#file = file
    fs.writeFileSync(file, '')
  }

  /** Bytes: what is noted from now on is beyond. */
  size() {
    return fs.statSync(this.#file).size
  }

  /** All notes so far: `{ who, shard, seq, sub, start, end }` in their order, `start` and `end` in bytes. */
  read() {
    for (const note of this.take()) {
      this.#places.add(`${note.shard} ${note.seq}/${note.sub}`)
      this.#all.push(note)
    }
    return this.#all
  }

  /** Those that nobody has read or taken yet; they are not kept. */
  take() {
    const bytes = this.#unread()
    const fresh = []
    for (let from = 0; ;) {
      const to = bytes.indexOf(0x0a, from) + 1
      if (to === 0) return fresh
      const [who, shard, seq, sub, point] = bytes.toString('latin1', from, to - 1).split(' ')
      // Without its point the line is blank, or what a process had written of it when it was killed.
      if (point === '.')
        fresh.push({ who, shard, seq, sub: Number(sub), start: this.#at, end: this.#at + to - from })
      this.#at += to - from
      from = to
    }
  }

  /** How many records are noted, once or more. */
  distinct() {
    this.read()
    return this.#places.size
  }

  has({ shard, seq, sub }) {
    return this.#places.has(`${shard} ${seq}/${sub}`)
  }

  #unread() {
    const bytes = Buffer.alloc(this.size() - this.#at)
    const fd = fs.openSync(this.#file)
    const length = fs.readSync(fd, bytes, 0, bytes.length, this.#at)
    fs.closeSync(fd)
    return bytes.subarray(0, length)
  }
}

module.exports = { Notes }
