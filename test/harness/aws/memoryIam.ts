import type { Clock } from "../../../provider/act/clock";
import type { Iam, KeyTrial } from "../../../provider/act/dependencies";
import type { AccessKeyPair, FoundKey, LastUse } from "../../../provider/model/accessKey";
import { timestamp } from "../../../provider/model/accessKey";
import { IamError } from "../../../provider/model/errors";

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

/** `stale`: a read answers as things were before the last write. */
export type Fault = "before" | "lostReply" | "killBefore" | "killAfter" | "stale";

/** One user as plain data. */
export type UserData = Pick<MemoryIam, "userId" | "arn" | "exists" | "slots" | "journal" | "keys" | "past">;

const nothing = (action: string, what: string) =>
  new IamError("noSuchEntity", `iam:${action}`, "NoSuchEntity", `no such ${what}`);

const broken = (action: string) => new IamError("doubtful", `iam:${action}`, "ECONNRESET", "the connection broke");

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
  /** Id of the key of this user that signs; none: somebody else signs. */
  signerId: string | undefined;
  /** The tag and the keys as they were before the last write of each. */
  past: { journal?: string | undefined; keys: MemoryKey[]; at: number } = { keys: [], at: 0 };
  /** Shared by the users of one account: no id is given twice. */
  numbers = { made: 0 };

  constructor(
    readonly clock: Clock,
    public arn = "arn:aws:iam::123456789012:user/ci/deployer",
  ) {}

  /** A key made by somebody else's hand. */
  addKey(status: FoundKey["status"] = "Active"): MemoryKey {
    this.rememberKeys();
    this.numbers.made += 1;
    const number = String(this.numbers.made).padStart(4, "0");
    const key: MemoryKey = {
      accessKeyId: `AKIAMEMORY000000${number}`,
      secretAccessKey: `secret-of-${number}-${"x".repeat(24)}`,
      status,
      createdAt: timestamp(this.clock.now()),
    };
    this.keys.push(key);
    return key;
  }

  /** Before a write, by whomever. */
  rememberKeys(): void {
    this.past.keys = this.keys.map((key) => ({ ...key }));
    this.past.at = this.clock.now().getTime();
  }

  snapshot(): UserData {
    const { userId, arn, exists, slots, journal, keys, past } = this;
    return structuredClone({ userId, arn, exists, slots, journal, keys, past });
  }

  ids(): string[] {
    return this.keys.map((key) => key.accessKeyId);
  }

  /** By a person's hand. */
  remove(accessKeyId: string): void {
    this.keys = this.keys.filter((key) => key.accessKeyId !== accessKeyId);
  }

  /** By a person's hand, or by the clock. */
  set(accessKeyId: string, status: FoundKey["status"]): void {
    for (const key of this.keys) if (key.accessKeyId === accessKeyId) key.status = status;
  }

  /** Each call that begins like this is refused. */
  denies(...calls: string[]): void {
    const denied = (call: string) => new IamError("denied", `iam:${call}`, "AccessDenied", "not authorized");
    this.fault = (call) => (calls.some((one) => call.startsWith(one)) ? denied(call.split(" ")[0] ?? "") : undefined);
  }

  /** The nth call that begins like this fails so, and no other. */
  strike(action: string, fault: Fault | IamError, nth = 1): void {
    let seen = 0;
    this.fault = (call) => (call.startsWith(action) && ++seen === nth ? fault : undefined);
  }

  /** What happens just before the nth call that begins like this. */
  meanwhile(action: string, happens: () => unknown, nth = 1): void {
    let seen = 0;
    this.fault = (call) => {
      if (call.startsWith(action) && ++seen === nth) happens();
      return undefined;
    };
  }

  calm(): void {
    this.fault = () => undefined;
  }

  /** The first lists of keys, counted from 0, are late: they show this. */
  listsFirst(count: number, shown: (keys: FoundKey[], look: number) => FoundKey[]): void {
    const list = this.listAccessKeys.bind(this);
    let looks = 0;
    this.listAccessKeys = async () => {
      const look = looks++;
      return look < count ? shown(await list(), look) : list();
    };
  }

  /** The same of the journal's tag. */
  tagFirst(count: number, shown: (journal: string | undefined) => string | undefined): void {
    const getUser = this.getUser.bind(this);
    let looks = 0;
    this.getUser = async () => {
      const { journal: now, ...user } = await getUser();
      const journal = looks++ < count ? shown(now) : now;
      return { ...user, ...(journal !== undefined && { journal }) };
    };
  }

  /** The calls that change something. */
  changes(): string[] {
    return this.calls.filter((call) => /^(Create|Delete|Update|Tag)/.test(call));
  }

  count(action: string): number {
    return this.calls.filter((call) => call.split(" ")[0] === action).length;
  }

  async #call<T>(action: string, subject: string, run: (from: Pick<MemoryIam, "journal" | "keys">) => T): Promise<T> {
    const call = subject ? `${action} ${subject}` : action;
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault instanceof IamError) throw fault;
    if (fault === "killBefore") return this.#die();
    if (fault === "before") throw broken(action);
    if (action !== "GetCallerIdentity" || !subject) this.#sign(action);
    if (!this.exists && !/^GetCaller|^GetAccess/.test(action)) throw nothing(action, "user");
    const { journal, keys } = fault === "stale" ? { journal: this.past.journal, keys: this.past.keys } : this;
    const result = run({ journal, keys });
    if (fault === "killAfter") return this.#die();
    if (fault === "lostReply") throw broken(action);
    return result;
  }

  /** The process that called is dead: it never goes on. */
  #die(): Promise<never> {
    this.onKill();
    return new Promise(() => {});
  }

  #sign(action: string): void {
    if (!this.signerId || this.keys.some((key) => key.accessKeyId === this.signerId && key.status === "Active")) return;
    throw new IamError("credentials", `iam:${action}`, "InvalidClientTokenId", "the security token is invalid");
  }

  getUser() {
    return this.#call("GetUser", "", ({ journal }) => {
      return { userId: this.userId, arn: this.arn, ...(journal !== undefined && { journal }) };
    });
  }

  writeJournal(value: string) {
    return this.#call("TagUser", value.split(" ")[1] ?? "", () => {
      if (value.length > 256) throw new IamError("refused", "iam:TagUser", "ValidationError", "the value is too long");
      this.past.journal = this.journal;
      this.past.at = this.clock.now().getTime();
      this.journal = value;
    });
  }

  lastUse(accessKeyId: string): Promise<LastUse | undefined> {
    return this.#call("GetAccessKeyLastUsed", accessKeyId, () => this.used.get(accessKeyId));
  }

  listAccessKeys() {
    return this.#call("ListAccessKeys", "", ({ keys }) =>
      keys.map(({ accessKeyId, status, createdAt }) => ({ accessKeyId, status, createdAt })),
    );
  }

  createAccessKey() {
    return this.#call("CreateAccessKey", "", () => {
      if (this.keys.length >= this.slots) {
        throw new IamError("limitExceeded", "iam:CreateAccessKey", "LimitExceeded", "quota exceeded");
      }
      const { accessKeyId, secretAccessKey, createdAt } = this.addKey();
      return { accessKeyId, secretAccessKey, createdAt };
    });
  }

  deleteAccessKey(accessKeyId: string) {
    return this.#call("DeleteAccessKey", accessKeyId, () => {
      if (!this.ids().includes(accessKeyId)) throw nothing("DeleteAccessKey", "key");
      this.rememberKeys();
      this.keys = this.keys.filter((key) => key.accessKeyId !== accessKeyId);
    });
  }

  deactivateAccessKey(accessKeyId: string) {
    return this.#call("UpdateAccessKey", accessKeyId, () => {
      const key = this.keys.find((at) => at.accessKeyId === accessKeyId);
      if (!key) throw nothing("UpdateAccessKey", "key");
      this.rememberKeys();
      key.status = "Inactive";
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

  tryKey(pair: AccessKeyPair): Promise<KeyTrial> {
    return this.#call<KeyTrial>("GetCallerIdentity", pair.accessKeyId, () => {
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
