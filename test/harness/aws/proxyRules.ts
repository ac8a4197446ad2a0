/** What the fault proxy does to a call, and when. */

export interface Call {
  action: string;
  params: Record<string, string>;
  /** The user that it is about: the one that it names, or whose key has signed it; or "". */
  user: string;
  /** Who signed it: the access key id in the Authorization header, or "". */
  accessKeyId: string;
  /** The region that the signature names, or "". */
  region: string;
  startedAt: number;
  /** When the client got its reply, or lost its connection. */
  endedAt?: number;
  /** The upstream saw it and answered with success, whatever the client got. */
  executed: boolean;
  /** The HTTP status sent to the client. */
  status?: number;
}

export type Fault =
  | { kind: "error"; code: string; status: number; message?: string }
  | { kind: "delay"; ms: number }
  | { kind: "lostReply" }
  | { kind: "dropBefore" }
  | { kind: "garbledReply" }
  /**
   * The client gets no answer before the functions are over; `after` runs when the upstream has executed the call. With
   * `kills` the first one ends the client, whose call must not reach the upstream: it is waited for until it has hung up.
   */
  | { kind: "run"; before?: () => unknown; after?: () => unknown; kills?: boolean };

export interface Rule {
  /** Only calls of this action; default all. */
  action?: string;
  /** Only calls about this user; default all. */
  user?: string;
  /** Only calls for which this holds, for what `action` can't tell. */
  when?: (call: Call) => boolean;
  /** The nth matching call from now on, counted from 1; default the very next. */
  nth?: number;
  /** How often it strikes; default once with `nth`, else without end. */
  times?: number;
  fault: Fault;
}

/** The rules in force. Every rule counts every call that matches it; the first one that is due strikes. */
export class Rules {
  #rules: { rule: Rule; seen: number; struck: number }[] = [];

  add(rule: Rule): void {
    this.#rules.push({ rule, seen: 0, struck: 0 });
  }

  clear(): void {
    this.#rules = [];
  }

  strike(call: Call): Fault | undefined {
    const matching = this.#rules.filter(
      ({ rule: { action = call.action, user = call.user, when } }) =>
        action === call.action && user === call.user && (when?.(call) ?? true),
    );
    for (const entry of matching) entry.seen++;
    const due = matching.find(({ rule: { nth, times = nth === undefined ? Infinity : 1 }, seen, struck }) => {
      return seen >= (nth ?? 1) && struck < times;
    });
    if (due) due.struck++;
    return due?.rule.fault;
  }
}
