import assert from "node:assert/strict";
import fc from "fast-check";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { after } from "../../provider/model/duration";
import { IamError } from "../../provider/model/errors";
import type { Pending } from "../../provider/model/pending";
import { type Props, Stage, userArn } from "../harness/stage";

const [SECOND, HOUR] = [1_000, 3_600_000];

interface Event {
  /** Hours that pass before it. */
  hours: number;
  rotationTrigger: number;
  revocationTrigger?: number | undefined;
  rotateEvery?: string | undefined;
  gracePeriod?: string | undefined;
  deactivatePeriod?: string | undefined;
  /** The nth call to AWS fails. */
  strike?: { at: number; fault: "before" | "lostReply" | "denied" } | undefined;
  /** AWS does not accept new keys during this run. */
  slow: boolean;
}

const maybe = <T>(value: fc.Arbitrary<T>, freq: number) => fc.option(value, { nil: undefined, freq });
const event: fc.Arbitrary<Event> = fc
  .record({
    hours: fc.constantFrom(0, 1, 5, 24, 30, 100, 1000),
    rotationTrigger: fc.nat({ max: 2 }),
    revocationTrigger: maybe(fc.nat({ max: 1 }), 3),
    rotateEvery: maybe(fc.constantFrom("1h", "1d", "4d"), 2),
    gracePeriod: maybe(fc.constantFrom("1h", "6h", "3d"), 2),
    deactivatePeriod: maybe(fc.constantFrom("1h", "1d"), 1),
    strike: maybe(fc.record({ at: fc.nat({ max: 8 }), fault: fc.constantFrom("before", "lostReply", "denied") }), 2),
    slow: fc.boolean(),
  })
  .map(({ deactivatePeriod, ...rest }) => ({ ...rest, ...(rest.gracePeriod && { deactivatePeriod }) }));

interface Key {
  accessKeyId: string;
  createdAt: string;
}

/** A stack whose runs come at any time, under any inputs, and what happened to its keys, by other eyes than the code's. */
class Life {
  readonly stage = new Stage();
  outs: Props = {};
  #failed = false;
  /** Ids of keys that AWS has accepted in a trial. */
  #accepted = new Set<string>();
  /** A revocation was asked for, and older keys of before it may still be there. */
  #revoked = new Set<string>();
  crimes: string[] = [];

  async begin(): Promise<void> {
    this.outs = await this.stage.create({ userArn, rotationTrigger: 0 });
    this.#accepted = new Set(this.stage.iam.ids());
    const tryKey = this.stage.iam.tryKey.bind(this.stage.iam);
    this.stage.iam.tryKey = async (pair) => {
      const trial = await tryKey(pair);
      if (trial.accepted) this.#accepted.add(pair.accessKeyId);
      return trial;
    };
  }

  key = (name: "current" | "previous") => (this.outs[name] ?? undefined) as Key | undefined;

  /** Another value than the recorded one, and than the one that a failed run has answered. */
  #changed(name: string, value: unknown): boolean {
    const answered = this.outs.answered as Props | undefined;
    return value !== this.outs[name] && !(answered && value === answered[name]);
  }

  /** Why this run may make a key, in the test's own words. */
  #cause({ rotationTrigger, revocationTrigger, rotateEvery }: Event): string | undefined {
    const now = this.stage.clock.now().toISOString();
    if (this.#changed("rotationTrigger", rotationTrigger)) return "trigger";
    if (revocationTrigger !== undefined && this.#changed("revocationTrigger", revocationTrigger)) return "revocation";
    const due = after(this.key("current")?.createdAt, rotateEvery);
    return due && Date.parse(due) <= Date.parse(now) ? "due" : undefined;
  }

  /** As the message of a lost reply says: a person deletes the key of which nobody can tell whose it is. */
  #clear(message: string): void {
    const [, appeared] = /there is (AKIA\w+)/.exec(message) ?? [];
    this.stage.iam.keys = this.stage.iam.keys.filter((key) => key.accessKeyId !== appeared);
  }

  async run(at: Event): Promise<"ok" | "refused"> {
    const { stage } = this;
    stage.clock.time += at.hours * HOUR + SECOND;
    stage.iam.propagation = at.slow ? 2 * 60 * SECOND : 0;
    const { hours: _, strike, slow: __, ...rest } = at;
    const news = Object.fromEntries(
      Object.entries({ userArn, ...rest }).filter(([, value]) => value !== undefined),
    ) as Props;
    const revokes = at.revocationTrigger !== undefined && this.#changed("revocationTrigger", at.revocationTrigger);
    if (revokes) this.#revoked = new Set(stage.iam.ids());
    const cause = this.#cause(at);
    const [current, previous] = [this.key("current"), this.key("previous")];
    const until = after(current?.createdAt, at.gracePeriod);
    const started = stage.clock.time;
    let [calls, made] = [0, 0];
    /** AWS has just said that it allows no further key. */
    let isFull = false;

    stage.iam.fault = (call) => {
      const [action, id = ""] = call.split(" ");
      if (action === "CreateAccessKey") {
        made += 1;
        isFull = stage.iam.keys.length >= stage.iam.slots;
      }
      if (action === "UpdateAccessKey" && id !== "AKIAIOSFODNN7EXAMPLE") {
        if (id !== previous?.accessKeyId || made > 0) this.crimes.push(`deactivated ${id}, which is not previous`);
        if (!until || started < Date.parse(until)) this.crimes.push(`deactivated ${id} before ${until}`);
        if (!at.deactivatePeriod) this.crimes.push(`deactivated ${id} unasked`);
      }
      if (action === "DeleteAccessKey") {
        const end = after(this.outs.previousDeactivatedAt as string | undefined, at.deactivatePeriod);
        if (id === previous?.accessKeyId && !cause && at.deactivatePeriod && !(end && started >= Date.parse(end))) {
          this.crimes.push(`deleted previous ${id} before it was deactivated long enough`);
        }
        const newest = stage.iam.ids().at(-1) ?? "";
        if (id === current?.accessKeyId) {
          if (!revokes) this.crimes.push(`deleted current ${id} with no revocation`);
          else if (isFull) isFull = false;
          else if (newest === id || !this.#accepted.has(newest)) this.crimes.push(`deleted current ${id} too early`);
        }
        if (id === previous?.accessKeyId && !revokes) {
          if (until && started < Date.parse(until)) this.crimes.push(`deleted previous ${id} before ${until}`);
          if (!until && !cause) this.crimes.push(`deleted previous ${id} for nothing`);
        }
      }
      if (!strike || calls++ !== strike.at) return undefined;
      return strike.fault === "denied" ? new IamError("denied", `iam:${action}`, "AccessDenied", "no") : strike.fault;
    };

    try {
      const { changes } = await stage.provider.diff("id", this.outs, news);
      if (changes || this.#failed) {
        this.outs = (await stage.provider.update("id", this.outs, news)).outs as Props;
        this.#failed = false;
        const blocked = (this.outs.pending as Pending[]).find((wait) => wait.blocked);
        if (blocked) {
          if (revokes) this.crimes.push("a revocation that is blocked");
          if (this.key("current")?.accessKeyId !== current?.accessKeyId) this.crimes.push("blocked, and rotated");
          this.#clear(blocked.message);
          return "refused";
        }
      }
      // A rotation within a grace period waits; by the trigger as by the schedule.
      const waits = !revokes && previous !== undefined && until !== undefined && started < Date.parse(until);
      if (cause && made === 0 && !waits) this.crimes.push(`no rotation, although ${cause}`);
      if (waits && made > 0) this.crimes.push("a rotation that did not wait for the end of the grace period");
      if (this.#revoked.size > 0 && stage.iam.ids().some((id) => this.#revoked.has(id))) {
        this.crimes.push(`a key of before the revocation is left: ${[...this.#revoked]}`);
      }
      this.#revoked.clear();
      return "ok";
    } catch (error) {
      if (error instanceof PartialFailure) {
        const same = (error.properties.current as Key).accessKeyId === current?.accessKeyId;
        const answered = same ? ((this.outs.answered ?? this.outs) as Props) : news;
        const noted = (error.properties.answered ?? error.properties) as Props;
        for (const name of ["rotationTrigger", "revocationTrigger"]) {
          if (noted[name] !== answered[name]) this.crimes.push(`the saved ${name} is not the answered one`);
        }
        this.outs = error.properties;
        this.#failed = true;
      } else if (revokes) {
        this.#revoked.clear(); // refused, so it has not begun
      }
      this.#clear(String(error));
      return "refused";
    } finally {
      const now = this.key("current")?.accessKeyId;
      if (!cause && now !== current?.accessKeyId) this.crimes.push(`rotated from ${current?.accessKeyId} for nothing`);
      if (!stage.iam.ids().includes(String(now))) this.crimes.push(`current ${now} is not there`);
    }
  }
}

async function live(events: Event[], slots: number): Promise<void> {
  const life = new Life();
  life.stage.iam.slots = slots;
  await life.begin();
  for (const at of events) {
    await life.run(at);
    assert.deepEqual(life.crimes, [], JSON.stringify(at));
    // Again at once, undisturbed: a cause that was served is none any more.
    const before = life.key("current")?.accessKeyId;
    const calm: Event = { ...at, hours: 0, strike: undefined, slow: false };
    const first = await life.run(calm);
    const served = life.key("current")?.accessKeyId;
    life.stage.iam.calls = [];
    const second = await life.run(calm);
    assert.deepEqual(life.crimes, [], `again: ${JSON.stringify(at)}`);
    assert.equal(first, second, "the same inputs end the same way");
    if (first === "ok") {
      assert.equal(life.key("current")?.accessKeyId, served, `rotated twice: ${before}, ${served}`);
      assert.deepEqual(life.stage.iam.calls, [], "at rest, nothing is asked");
    }
  }
}

describe("random times, triggers, periods and faults", function () {
  this.timeout(120_000);
  const runs = Number(process.env.HISTORIES ?? 10_000) / 4;

  it("no cause rotates twice, no previous goes before its time, no current but for a successor that works", async () => {
    await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 8 }), fc.constantFrom(2, 2, 3), live), {
      numRuns: runs,
    });
  });
});
