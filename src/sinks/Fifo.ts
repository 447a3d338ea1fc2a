/** A queue whose every step costs the same, however long it is. */

export class Fifo<A> {
  #items: Array<A> = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  readonly push = (item: A): void => void this.#items.push(item)

  readonly peek = (): A | undefined => this.#items[this.#head]

  readonly shift = (): A | undefined => {
    const item = this.#items[this.#head]
    if (this.length > 0) this.#head += 1
    // What was taken is let go of once it is half of the list: each item is moved once at most, on average.
    if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** To the front again, in this order. */
  readonly putBack = (items: ReadonlyArray<A>): void => {
    if (items.length === 0) return
    if (items.length > this.#head) {
      this.#items = [...items, ...this.#items.slice(this.#head)]
      this.#head = 0
      return
    }
    this.#head -= items.length
    items.forEach((item, i) => (this.#items[this.#head + i] = item))
  }

  /** Takes out, and gives, what is so. Costs as much as it is long. */
  readonly remove = (matches: (item: A) => boolean): ReadonlyArray<A> => {
    const all = this.#items.slice(this.#head)
    this.#head = 0
    this.#items = all.filter((item) => !matches(item))
    return all.filter(matches)
  }
}
