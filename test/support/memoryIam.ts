import type { Clock } from "../../provider/act/clock";
import type { Iam, LastUse } from "../../provider/act/dependencies";
import type { AccessKeyPair, FoundKey } from "../../provider/model/accessKey";
import { timestamp } from "../../provider/model/accessKey";
import { IamError } from "../../provider/model/errors";

/** A clock that only moves when somebody sleeps, or when a test says so. */
export class FakeClock implements Clock {
  time = Date.parse("2026-11-01T00:00:00Z");
  now() {
    return new Date(this.time);
  }
  async sleep(milliseconds: number) {
    this.time += milliseconds;
  }
}

export interface MemoryKey extends FoundKey {
  secretAccessKey: string;
}

export type Fault = "before" | "lostReply" | "killBefore" | "killAfter";

/** One IAM user in memory, behind the same interface as AWS, with faults by call. */
export class MemoryIam implements Iam {
  userId = "AIDAMEMORYUSER000001";
  exists = true;
  slots = 2;
  /** The value of the journal's tag. */
  journal: string | undefined;
  used = new Map<string, LastUse>();
  keys: MemoryKey[] = [];
  /** Every call in order, as `CreateAccessKey` or `DeleteAccessKey AKIA…`. */
  calls: string[] = [];
  /** Asked before each call; what it throws is the call's failure. */
  fault: (call: string) => Fault | IamError | undefined = () => undefined;
  onKill: () => void = () => {};
  /** How long AWS does not know a new key yet, in milliseconds. */
  propagation = 0;
  /** Id of the key that signs. */
  signerId: string | undefined;
  #made = 0;

  constructor(
    readonly clock: Clock,
    public arn = "arn:aws:iam::123456789012:user/ci/deployer",
  ) {}

  /** A key made by somebody else's hand. */
  addKey(status: FoundKey["status"] = "Active"): MemoryKey {
    this.#made += 1;
    const number = String(this.#made).padStart(4, "0");
    const key: MemoryKey = {
      accessKeyId: `AKIAMEMORY000000${number}`,
      secretAccessKey: `secret-of-${number}-${"x".repeat(24)}`,
      status,
      createdAt: timestamp(this.clock.now()),
    };
    this.keys.push(key);
    return key;
  }

  ids(): string[] {
    return this.keys.map((key) => key.accessKeyId);
  }

  count(action: string): number {
    return this.calls.filter((call) => call.split(" ")[0] === action).length;
  }

  async #call<T>(action: string, subject: string, run: () => T): Promise<T> {
    const call = subject ? `${action} ${subject}` : action;
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault instanceof IamError) throw fault;
    if (fault === "killBefore") return this.#die();
    if (fault === "before") throw new IamError("doubtful", `iam:${action}`, "ECONNRESET", "the connection broke");
    const result = run();
    if (fault === "killAfter") return this.#die();
    if (fault === "lostReply") throw new IamError("doubtful", `iam:${action}`, "ECONNRESET", "the connection broke");
    return result;
  }

  /** The process that called is dead: it never goes on. */
  #die(): Promise<never> {
    this.onKill();
    return new Promise(() => {});
  }

  #user(action: string) {
    if (!this.exists) throw new IamError("noSuchEntity", `iam:${action}`, "NoSuchEntity", "no such user");
  }

  getUser() {
    return this.#call("GetUser", "", () => {
      this.#user("GetUser");
      const journal = this.journal;
      return { userId: this.userId, arn: this.arn, ...(journal !== undefined && { journal }) };
    });
  }

  writeJournal(value: string) {
    return this.#call("TagUser", value.split(" ")[1] ?? "", () => {
      this.#user("TagUser");
      this.journal = value;
    });
  }

  lastUse(accessKeyId: string): Promise<LastUse | undefined> {
    return this.#call("GetAccessKeyLastUsed", accessKeyId, () => this.used.get(accessKeyId));
  }

  listAccessKeys() {
    return this.#call("ListAccessKeys", "", () => {
      this.#user("ListAccessKeys");
      return this.keys.map(({ accessKeyId, status, createdAt }) => ({ accessKeyId, status, createdAt }));
    });
  }

  createAccessKey() {
    return this.#call("CreateAccessKey", "", () => {
      this.#user("CreateAccessKey");
      if (this.keys.length >= this.slots) {
        throw new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "quota exceeded");
      }
      const { accessKeyId, secretAccessKey, createdAt } = this.addKey();
      return { accessKeyId, secretAccessKey, createdAt };
    });
  }

  deleteAccessKey(accessKeyId: string) {
    return this.#call("DeleteAccessKey", accessKeyId, () => {
      this.#user("DeleteAccessKey");
      if (!this.ids().includes(accessKeyId)) {
        throw new IamError("noSuchEntity", "iam:DeleteAccessKey", "NoSuchEntity", "no such key");
      }
      this.keys = this.keys.filter((key) => key.accessKeyId !== accessKeyId);
    });
  }

  time() {
    return this.clock.now();
  }

  async signer() {
    return this.signerId;
  }

  callerAccount() {
    return this.#call("GetCallerIdentity", "", () => "123456789012");
  }

  tryKey(pair: AccessKeyPair) {
    return this.#call("GetCallerIdentity", pair.accessKeyId, () => {
      const key = this.keys.find((at) => at.accessKeyId === pair.accessKeyId);
      const age = key ? this.clock.now().getTime() - Date.parse(key.createdAt) : 0;
      if (key?.status !== "Active" || age < this.propagation) {
        return { accepted: false as const, code: "InvalidClientTokenId", wrongSecret: false };
      }
      return key.secretAccessKey === pair.secretAccessKey
        ? { accepted: true as const, arn: this.arn, userId: this.userId }
        : { accepted: false as const, code: "SignatureDoesNotMatch", wrongSecret: true };
    });
  }
}
