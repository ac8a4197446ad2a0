/** Eventual consistency: reads answered with what was true some time ago. */

import type { Reply } from "./proxyKeys";
import type { Call } from "./proxyRules";

/** The reads that can be stale, and the changes that they are late to show. */
const CHANGES: Record<string, string[]> = {
  ListAccessKeys: ["CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey", "CreateUser", "DeleteUser"],
  GetUser: ["TagUser", "UntagUser", "CreateUser", "DeleteUser", "UpdateUser"],
};

interface Snapshot {
  reply: Reply;
  /** When the change came that made it untrue; in the future while that change is under way. */
  until: number;
}

export class StaleReads {
  readonly #lag = new Map<string, number>();
  readonly #snapshots = new Map<string, Snapshot[]>();

  setLag(read: "ListAccessKeys" | "GetUser", ms: number): void {
    this.#lag.set(read, ms);
  }

  forget(): void {
    this.#lag.clear();
    this.#snapshots.clear();
  }

  /** Before a change: keeps what the upstream answers now. The returned function says that the change is done. */
  async beforeChange(call: Call, ask: (body: string) => Promise<Reply>): Promise<() => void> {
    const kept: Snapshot[] = [];
    for (const [read, changes] of Object.entries(CHANGES)) {
      if (!this.#lag.get(read) || !changes.includes(call.action)) continue;
      // A user that is renamed was not there under its new name.
      for (const UserName of new Set([
        call.params.UserName ?? "",
        call.params.NewUserName ?? call.params.UserName ?? "",
      ])) {
        const params = { Action: read, Version: call.params.Version ?? "2010-05-08", UserName };
        const snapshot = { reply: await ask(new URLSearchParams(params).toString()), until: Number.POSITIVE_INFINITY };
        const key = `${read} ${UserName}`;
        this.#snapshots.set(key, [...(this.#snapshots.get(key) ?? []), snapshot]);
        kept.push(snapshot);
      }
    }
    return () => {
      for (const snapshot of kept) snapshot.until = Date.now();
    };
  }

  /** What was true as long ago as the lag says; undefined if that is what is true now. */
  replyTo(call: Call): Reply | undefined {
    const lag = this.#lag.get(call.action);
    if (!lag) return undefined;
    const snapshots = this.#snapshots.get(`${call.action} ${call.params.UserName ?? ""}`) ?? [];
    return snapshots.find(({ until }) => until > Date.now() - lag)?.reply;
  }
}
