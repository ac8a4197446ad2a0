/** What a service lets through: `burst` calls at once, and `rate` more each second. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(
    readonly rate: number,
    readonly burst: number,
    now = Date.now(),
  ) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Whether one more call is let through. One that is not costs nothing. */
  take(now = Date.now()): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.rate);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** The shortest time for so many calls, in seconds, from a full bucket on. */
  secondsFor(calls: number): number {
    return Math.max(0, calls - this.burst) / this.rate;
  }
}
