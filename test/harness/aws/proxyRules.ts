/** What the fault proxy does to a call, and when. */

export type Outcome =
  | "pending"
  | "answered" // the upstream's own reply was delivered
  | "refused" // an error reply made by the proxy; the upstream saw nothing
  | "served" // a success made or remembered by the proxy; the upstream saw nothing
  | "lost" // the upstream has answered, the client got nothing
  | "garbled" // the upstream has answered, the client got half of it
  | "dropped" // the client's socket was destroyed; the upstream saw nothing
  | "hanging" // never answered; the upstream saw nothing
  | "abandoned"; // the client was gone (killed, timed out) before its reply

export interface Call {
  index: number;
  action: string;
  params: Record<string, string>;
  /** The user that it is about: the one that it names, or whose key has signed it; or "". */
  user: string;
  /** Who signed it: the access key id in the Authorization header, or "". */
  accessKeyId: string;
  /** The region that the signature names, or "". */
  region: string;
  startedAt: number;
  endedAt?: number;
  outcome: Outcome;
  /** The upstream saw it and answered with success, whatever the client got. */
  executed: boolean;
  /** The HTTP status sent to the client. */
  status?: number;
}

export type Step = () => unknown;

export type Fault =
  | { kind: "error"; code: string; status: number; message?: string }
  | { kind: "delay"; ms: number }
  | { kind: "lostReply" }
  | { kind: "dropBefore" }
  | { kind: "garbledReply" }
  | { kind: "hang" }
  /**
   * The client gets no answer before the functions are over; `after` runs when the upstream has executed the call. With
   * `kills` the first one ends the client, whose call must not reach the upstream: it is waited for until it has hung up.
   */
  | { kind: "run"; before?: Step; after?: Step; kills?: boolean };

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
    const due = matching.find(({ rule, seen, struck }) => {
      const times = rule.times ?? (rule.nth === undefined ? Number.POSITIVE_INFINITY : 1);
      return seen >= (rule.nth ?? 1) && struck < times;
    });
    if (due) due.struck++;
    return due?.rule.fault;
  }
}
