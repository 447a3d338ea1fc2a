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
    // Items that were taken are dropped once they are half of the list, so on average each item is moved at most once.
    if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Puts items back at the front, in this order. */
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

  /** Removes and returns the items that match. The cost is proportional to the length. */
  readonly remove = (matches: (item: A) => boolean): ReadonlyArray<A> => {
    const all = this.#items.slice(this.#head)
    this.#head = 0
    this.#items = all.filter((item) => !matches(item))
    return all.filter(matches)
  }
}
