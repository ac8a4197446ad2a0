const A_CALL = 50;
const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Who waits for its turn: a call that is about to be made, or a sleep. */
interface Waiting {
  /** Operation and process that it belongs to. */
  by: string;
  isAlive(): boolean;
  /** When the sleep ends. */
  wakes?: number;
  go(): void;
}

/** Who goes when: each operation goes on for so many of its calls, then the next one does. */
export interface Order {
  turns: number[];
  /** Of two calls made side by side, the later one is answered first. */
  swaps: boolean[];
}

export const IN_ORDER: Order = { turns: [], swaps: [] };

/** Lets operations go on one call at a time, in an order that can be told beforehand, by a clock that only moves here. */
export class Schedule {
  #waiting: Waiting[] = [];

  constructor(readonly time: { now: number }) {}

  /** Before each call. */
  gate(by: string, isAlive: () => boolean): Promise<void> {
    return new Promise((go) => this.#waiting.push({ by, isAlive, go }));
  }

  sleep(by: string, isAlive: () => boolean, milliseconds: number): Promise<void> {
    const wakes = this.time.now + milliseconds;
    return new Promise((go) => this.#waiting.push({ by, isAlive, wakes, go }));
  }

  /** @param before what happens at a moment between two calls */
  async drive(isOver: () => boolean, { turns, swaps }: Order, before: (step: number) => void): Promise<void> {
    let [turn, left, whose] = [0, turns[0] ?? Infinity, ""];
    for (let step = 0; ; step++) {
      await drained();
      this.#waiting = this.#waiting.filter((waiting) => waiting.isAlive());
      if (isOver()) return;
      before(step);
      this.#waiting = this.#waiting.filter((waiting) => waiting.isAlive());
      if (isOver()) return;
      const all = [...new Set(this.#waiting.map((waiting) => waiting.by))].sort();
      if (all.length === 0 || step > 5_000) throw new Error("an operation hangs");
      if (left <= 0) {
        left = turns[++turn] ?? Infinity;
        whose = all.find((by) => by > whose) ?? all[0] ?? "";
      }
      const next = this.#next(all.includes(whose) ? whose : "", swaps[step] ?? false);
      if (!whose || !all.includes(whose)) whose = next.by;
      left -= 1;
      this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
      this.time.now = next.wakes === undefined ? this.time.now + A_CALL : Math.max(this.time.now, next.wakes);
      next.go();
    }
  }

  #next(whose: string, swap: boolean): Waiting {
    const mine = this.#waiting.filter((waiting) => !whose || waiting.by === whose);
    const calls = mine.filter((waiting) => waiting.wakes === undefined);
    const [soonest] = [...mine].sort((a, b) => (a.wakes ?? 0) - (b.wakes ?? 0));
    const next = calls.at(swap ? -1 : 0) ?? soonest;
    if (!next) throw new Error("nobody waits");
    return next;
  }
}
