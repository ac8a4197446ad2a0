/**
 * How many operations one process has under way. AWS lets an account make so many calls a second, and they share them:
 * if all of a thousand began at once, each would last until the end of the last one, far beyond LONGEST_OPERATION. Of these
 * each ends in time even where AWS allows one change a second; and as many can wait side by side for their new keys to work.
 */
export const AT_ONCE = 100;

/** Lets a limited number of operations be under way at once, and on each user one; the others wait, in the order in which they came. */
export class Queue {
  readonly #waiting: (() => void)[] = [];
  readonly #last = new Map<string, Promise<void>>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `work` when everything on the same user has ended, and a place is free. */
  async take<T>(user: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(user);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last.set(user, ended);
    await before;
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      const begin = this.#waiting.shift();
      if (begin) begin();
      else this.#free += 1;
      end();
      if (this.#last.get(user) === ended) this.#last.delete(user);
    }
  }
}
