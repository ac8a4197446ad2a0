import { type Iam, PATIENCE } from "../../../provider/act/dependencies";
import { IamError } from "../../../provider/model/errors";
import type { Fault, MemoryIam } from "../aws/memoryIam";
import type { Place } from "./events";
import type { Run } from "./run";

/** For so long IAM may answer a read as things were before a write, in milliseconds: what the core reckons with. */
const LATE = PATIENCE.staleRead;

/** AWS as one operation of one process sees it: each call waits for its turn, and may be struck. */
export class Session implements Iam {
  /** The tag as it was last read, or written. */
  #seen: string | undefined;

  constructor(
    readonly run: Run,
    readonly by: Place,
    readonly userName: string,
    readonly signerId = run.signerId,
  ) {}

  /** @param work is done at once, when the call's turn has come */
  async #call<T>(action: string, subject: string, work: (iam: MemoryIam) => Promise<T>): Promise<T> {
    const { run } = this;
    await run.world.schedule.gate(`${run.number} ${this.by}`, () => run.isAlive);
    const fault = run.fault(action, subject);
    if (fault instanceof IamError) throw fault;
    if (fault === "killBefore") return run.die();
    const iam = run.world.userNamed(this.userName);
    const isOwn = action === "GetCallerIdentity" && subject !== "";
    const signer = isOwn || !this.signerId ? undefined : run.world.userWith(this.signerId);
    if (this.signerId && !isOwn && !signer) {
      throw new IamError("credentials", `iam:${action}`, "InvalidClientTokenId", "the security token is invalid");
    }
    if (!iam && action === "GetCallerIdentity") return work(run.world.anyUser);
    if (!iam) throw new IamError("noSuchEntity", `iam:${action}`, "NoSuchEntity", "no such user");
    const isLate = fault === "stale" && run.world.data.time.now - iam.past.at < LATE;
    const strikes = fault === "before" || fault === "lostReply" || isLate ? (fault as Fault) : undefined;
    iam.fault = () => strikes;
    const { late = [] } = run.spec;
    const age = (late[run.calls.length % Math.max(late.length, 1)] ?? 0) * 1_000;
    if (!strikes && age > 0 && /^(GetUser|ListAccessKeys)$/.test(action)) {
      Object.assign(iam.past, run.world.pastOf(iam, run.world.data.time.now - age));
      iam.fault = () => "stale";
    }
    if (fault !== "before" && iam.ids().includes(subject)) {
      if (action === "DeleteAccessKey") run.ends(this.by, "deletes", subject);
      if (action === "UpdateAccessKey") run.ends(this.by, "deactivates", subject);
    }
    const known = iam.ids();
    const result = work(iam);
    run.world.remembers(iam);
    for (const key of iam.keys) if (!known.includes(key.accessKeyId)) run.makes(this.by, key);
    if (fault === "killAfter") {
      result.catch(() => {});
      return run.die();
    }
    return result;
  }

  getUser = async () => {
    const user = await this.#call("GetUser", "", (iam) => iam.getUser());
    this.#seen = user.journal;
    return user;
  };
  listAccessKeys = () => this.#call("ListAccessKeys", "", (iam) => iam.listAccessKeys());
  createAccessKey = () => this.#call("CreateAccessKey", "", (iam) => iam.createAccessKey());
  deleteAccessKey = (id: string) => this.#call("DeleteAccessKey", id, (iam) => iam.deleteAccessKey(id));
  deactivateAccessKey = (id: string) => this.#call("UpdateAccessKey", id, (iam) => iam.deactivateAccessKey(id));
  writeJournal = (value: string) =>
    this.#call("TagUser", value, (iam) => {
      this.run.world.writesTag(iam, this.#seen);
      this.#seen = value;
      return iam.writeJournal(value);
    });
  lastUse = (id: string) => this.#call("GetAccessKeyLastUsed", id, (iam) => iam.lastUse(id));
  callerAccount = () => this.#call("GetCallerIdentity", "", (iam) => iam.callerAccount());
  /** It needs no user of that name. */
  tryKey: Iam["tryKey"] = async (pair) => {
    const { run } = this;
    await run.world.schedule.gate(`${run.number} ${this.by}`, () => run.isAlive);
    const fault = run.fault("GetCallerIdentity", pair.accessKeyId);
    if (fault instanceof IamError) throw fault;
    if (fault === "killBefore" || fault === "killAfter") return run.die();
    const iam = run.world.userWith(pair.accessKeyId);
    if (!iam) return { accepted: false, code: "InvalidClientTokenId", wrongSecret: false };
    iam.fault = () => (fault === "before" || fault === "lostReply" ? fault : undefined);
    // An older key may be young as well, and then tells nobody where its user is: told as a limit in docs/safety.md.
    const isOwn = run.begun.some(({ made }) => made.includes(pair.accessKeyId));
    iam.propagation = isOwn ? (run.spec.slow ?? 0) * 1_000 : 0;
    return iam.tryKey(pair);
  };
  time = () => new Date(this.run.world.data.time.now);
  signer = async () => this.signerId;
}
