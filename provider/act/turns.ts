/**
 * How many operations one process has under way. AWS lets an account make so many calls a second, and they share them:
 * if all of a thousand began at once, each would last until the end of the last one, far beyond LONGEST_OPERATION. Of these
 * each ends in time even where AWS allows one change a second; and as many can wait side by side for their new keys to work.
 */
export const AT_ONCE = 100;

/** Lets a limited number of operations be under way at once; the others wait, and begin in the order in which they came. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `work` when its turn has come. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      const begin = this.#waiting.shift();
      if (begin) begin();
      else this.#free += 1;
    }
  }
}
