import { timestamp } from "../../../provider/model/accessKey";
import { parseUserArn } from "../../../provider/model/userArn";
import { MemoryIam } from "../aws/memoryIam";
import { recordedIds } from "./core";
import { operate } from "./engine";
import type { Act, Event, Place, ResourceName, RunSpec, StackName } from "./events";
import { emptyWorld, type Operation, PLACES, USER_ARN, type WorldData } from "./model";
import { Oracle } from "./oracle";
import { plainer, Run } from "./run";
import { IN_ORDER, Schedule } from "./schedule";

const RENAMED = "arn:aws:iam::123456789012:user/ci/renamed";
const REGIONS: Record<ResourceName, string> = { one: "eu-central-1", two: "eu-west-1" };

export type Ending = "ok" | "refused" | "killed" | "nothing";

export interface Outcome {
  ending: Ending;
  message?: string | undefined;
  /** It is refused, and fails no other. */
  isBlocked?: boolean;
}

/** An account with one user, two stacks that rotate its keys, their states, and people; each event is one step of a history. */
export class World {
  data: WorldData;
  users: MemoryIam[] = [];
  schedule: Schedule;
  oracle: Oracle;
  /** How the last event ended, by resource. */
  outcomes: Partial<Record<Place, Outcome>> = {};
  /** Of the last event's first run. */
  lastCalls: string[] = [];
  /** Every call in its order, by the number of its run. */
  readonly log: string[] = [];
  /** What was there, and since when: reads may be late. */
  readonly #past = new Map<MemoryIam, { at: number; journal: string | undefined; keys: MemoryIam["keys"] }[]>();
  /** Every run so far, for a report. */
  runs: Run[] = [];
  /** Those under way. */
  readonly #runs: Run[] = [];

  constructor(slots = 2, from?: WorldData) {
    this.data = from ? structuredClone(from) : emptyWorld();
    this.schedule = new Schedule(this.data.time);
    this.oracle = new Oracle(this);
    for (const user of this.data.users) Object.assign(this.#addUser(user.arn), structuredClone(user));
    if (!from) this.#addUser(USER_ARN).slots = slots;
  }

  #addUser(arn: string): MemoryIam {
    const user = new MemoryIam({ now: () => new Date(this.data.time.now), sleep: async () => {} }, arn);
    user.numbers = this.data.numbers;
    user.userId = `AIDAMEMORYUSER00000${++this.data.numbers.users}`;
    user.slots = this.users[0]?.slots ?? user.slots;
    this.users.push(user);
    return user;
  }

  /** All of it, to go on from later. */
  save(): WorldData {
    return structuredClone({ ...this.data, users: this.users.map((user) => user.snapshot()) });
  }

  userNamed(name: string): MemoryIam | undefined {
    return this.users.find((user) => user.exists && parseUserArn(user.arn)?.userName === name);
  }

  remembers(user: MemoryIam): void {
    const seen = this.#past.get(user) ?? [];
    const { journal, keys } = structuredClone({ journal: user.journal, keys: user.keys });
    const last = seen.at(-1);
    if (last && JSON.stringify([last.journal, last.keys]) === JSON.stringify([journal, keys])) return;
    this.#past.set(user, [...seen.slice(-40), { at: this.data.time.now, journal, keys }]);
  }

  /** As a read shows it that is as old as that. */
  pastOf(user: MemoryIam, at: number) {
    const seen = this.#past.get(user) ?? [];
    const { journal, keys } = seen.findLast((one) => one.at <= at) ?? seen[0] ?? user;
    return { journal, keys };
  }

  /** Ids that the outputs of a stack name, as it last published them. */
  publishedBy(stack: StackName): string[] {
    return PLACES.filter((place) => place.startsWith(stack)).flatMap((place) =>
      Object.values(this.data.published[place] ?? {}),
    );
  }

  /** A run whose program came to its end. */
  publishes({ stack, resources }: RunSpec): void {
    const { data } = this;
    for (const place of resources.map((name): Place => `${stack}.${name}`)) {
      const { currentAccessKeyId: current, previousAccessKeyId: previous } = data.resources[place].live?.outputs ?? {};
      const before = data.published[place]?.current;
      if (before && current && before !== current) data.replacedAt[before] ??= data.time.now;
      data.published[place] = {
        ...(current ? { current: String(current) } : {}),
        ...(previous ? { previous: String(previous) } : {}),
      };
    }
  }

  /** For what is asked of the account, and not of a user. */
  get anyUser(): MemoryIam {
    const [user] = this.users;
    if (!user) throw new Error("there is always a user");
    user.fault = () => undefined;
    return user;
  }

  /** The user whose active key this is. */
  userWith(id: string): MemoryIam | undefined {
    return this.users.find((user) => user.keys.some((key) => key.accessKeyId === id && key.status === "Active"));
  }

  works(id: string): boolean {
    return this.userWith(id) !== undefined;
  }

  isThere(id: string): boolean {
    return this.users.some((user) => user.ids().includes(id));
  }

  /** What a state says of the user is all that there is to say, so that a preview can be right. */
  isAsRecorded(outputs: Record<string, unknown> | undefined): boolean {
    const [user, ...others] = this.users;
    if (!user || others.length > 0 || user.arn !== this.data.programArn) return false;
    const ids = [...recordedIds(outputs), ...((outputs?.unmanagedAccessKeyIds ?? []) as string[])];
    const asleep = outputs?.previousDeactivatedAt && outputs.previousAccessKeyId;
    const isOwn = !outputs || user.journal?.includes(`done`) === true;
    return (
      isOwn &&
      (outputs ? user.journal?.includes(`op=${outputs.operationId} `) === true : user.journal === undefined) &&
      JSON.stringify([...ids].sort()) === JSON.stringify(user.ids().sort()) &&
      user.keys.every(({ accessKeyId, status }) => (status === "Active") === (accessKeyId !== asleep))
    );
  }

  get hasReadLate(): boolean {
    return this.runs.some(({ spec }) => spec.late !== undefined);
  }

  lastUse(id: string): number | undefined {
    const use = this.userWith(id)?.used.get(id);
    return use && Date.parse(use.at);
  }

  isFull(): boolean {
    return this.users.some((user) => user.keys.length >= user.slots);
  }

  /** The user that the programs name has it. */
  isOnNamedUser(id: string): boolean {
    return (
      this.userNamed(parseUserArn(this.data.programArn)?.userName ?? "")
        ?.ids()
        .includes(id) ?? false
    );
  }

  /** An inactive key of a user whose name has gone to another one tells nobody where it is. */
  canBeFound(id: string): boolean {
    const isTaken = this.users.length > 1 && !this.isOnNamedUser(id);
    return this.works(id) || (this.isThere(id) && !isTaken);
  }

  placeIn(stack: StackName, region: string): Place {
    return region === REGIONS.one ? `${stack}.one` : `${stack}.two`;
  }

  regionOf(place: Place): string {
    return REGIONS[place.split(".")[1] as ResourceName];
  }

  signerFor({ stack, signer }: RunSpec): string | undefined {
    if (!signer) return undefined;
    const key = this.data.resources[`${stack}.one`].live?.outputs[signer] as { accessKeyId: string } | null | undefined;
    return key?.accessKeyId;
  }

  /** Keys changed: what other operations under way have seen of them may be past. */
  changes(by?: Operation): void {
    for (const run of this.#runs) {
      const own = by && run.begun.includes(by) ? by.place : undefined;
      for (const operation of run.begun) if (operation.place !== own) operation.brokenMeanwhile = true;
    }
  }

  async run(event: Event): Promise<void> {
    const { data } = this;
    this.outcomes = {};
    this.lastCalls = [];
    data.time.now += 2_000;
    switch (event.do) {
      case "runs":
        return this.#runAll(event);
      case "act":
        for (const user of this.users) this.remembers(user);
        this.act(event.act);
        for (const user of this.users) this.remembers(user);
        return;
      case "follow":
        data.programArn = this.users[0]?.arn ?? USER_ARN;
        return;
      case "wait":
        data.time.now += event.minutes * 60_000;
        return;
      default:
        for (const place of PLACES.filter((at) => at.startsWith(event.stack))) {
          if (event.do === "backup") data.backups[place] = structuredClone(data.resources[place]);
          else if (event.do === "loseState") data.resources[place] = { pending: [] };
          else data.resources[place] = structuredClone(data.backups[place]) ?? { pending: [] };
        }
    }
  }

  async #runAll({ runs: given, acts: wanted = [], order = IN_ORDER }: Extract<Event, { do: "runs" }>): Promise<void> {
    // Two runs of one stack are prevented by Pulumi's lock. Where they come all the same, a late read, a person between
    // their calls, a destroy or a replacement can hide one from the other: left, and told in docs/safety.md.
    const isDouble = given.some((spec, at) => given.slice(at + 1).some(({ stack }) => stack === spec.stack));
    const acts = isDouble ? [] : wanted;
    const specs = isDouble ? given.map(plainer) : given;
    const runs = specs.map((spec, at) => new Run(this, spec, this.runs.length + at));
    this.#runs.splice(0, this.#runs.length, ...runs);
    this.runs.push(...runs);
    let left = runs.length;
    for (const [at, run] of runs.entries()) {
      // Two of one stack at once: the first one's engine was killed, or had no lock, and the second one's state stays.
      run.isSaved = specs.slice(at + 1).every(({ stack }) => stack !== run.spec.stack);
      const { strike, another, late, skew, slow } = run.spec;
      const isAlone = runs.length === 1 && acts.length === 0 && !strike && !another && !late && !skew && !slow;
      const over = operate(this, run, !isAlone).catch((error) => this.oracle.crimes.push(`broken: ${error?.stack}`));
      void Promise.race([over, run.death]).then(() => {
        run.isAlive = false;
        left -= 1;
      });
    }
    let next = 0;
    const due = [...acts].sort((a, b) => a.step - b.step);
    const happen = (step: number) => {
      for (let at = due[next]; at && at.step <= step; at = due[++next]) this.act(at.act);
    };
    for (const user of this.users) this.remembers(user);
    await this.schedule.drive(() => left === 0, order, happen);
    happen(Infinity);
    this.lastCalls = runs[0]?.calls ?? [];
    this.#runs.splice(0);
    for (const { spec, isSaved } of runs) {
      const ends = spec.resources.map((name) => this.outcomes[`${spec.stack}.${name}`]);
      const isWhole = ends.every((end) => end && (end.ending === "ok" || end.ending === "nothing" || end.isBlocked));
      if (isSaved && isWhole && !spec.fails && spec.kind !== "refresh" && spec.kind !== "destroy") this.publishes(spec);
      const isAlone = specs.every((other) => other === spec || other.stack !== spec.stack);
      // What a late read has not shown is found by the next run, and not forgotten by this one.
      if (spec.kind === "refresh" || !isAlone || spec.late) continue;
      for (const name of spec.resources) {
        const place: Place = `${spec.stack}.${name}`;
        if (this.outcomes[place]?.ending === "ok") this.oracle.nothingForgotten(place);
      }
    }
  }

  act(act: Act): void {
    const { data } = this;
    const [user] = this.users;
    if (!user) return;
    const nth = "nth" in act ? user.keys[act.nth] : undefined;
    switch (act.do) {
      case "addKey": {
        if (user.keys.length >= user.slots) return;
        const { accessKeyId, secretAccessKey } = user.addKey();
        data.secrets[accessKeyId] = secretAccessKey;
        this.oracle.made(accessKeyId, "person");
        return;
      }
      case "deleteKey":
      case "deactivateKey":
      case "activateKey":
        if (!nth) return;
        this.changes();
        user.rememberKeys();
        if (act.do === "deleteKey") user.keys = user.keys.filter((key) => key !== nth);
        else nth.status = act.do === "activateKey" ? "Active" : "Inactive";
        this.#setNeeded(nth.accessKeyId, act.do === "activateKey");
        return;
      case "useKey":
        if (!nth) return;
        user.used.set(nth.accessKeyId, { at: timestamp(user.clock.now()), service: "s3", region: REGIONS.one });
        return;
      case "removeTag":
        user.past.journal = user.journal;
        user.journal = undefined;
        // Whoever removes the tag says that no key on the user is ours but those that a state records.
        for (const id of user.ids()) if (data.fates[id]) data.fates[id].excused = true;
        for (const run of this.#runs) run.isTagRemoved = true;
        return;
      case "remakeUser":
        if (this.#runs.length > 0) return;
        this.changes();
        this.#addUser(user.arn);
        this.users.shift();
        return;
      case "giveNameAway":
        // Within the second of an operation nobody could tell both users apart: a limit, and told as one in docs/safety.md.
        if (user.arn === RENAMED || this.users.length > 1 || this.#runs.length > 0) return;
        user.arn = RENAMED;
        this.#addUser(USER_ARN);
        return;
      default:
        // Two runs at once and a rename between their calls: what one can't undo nobody hears of. Told in docs/safety.md.
        if (this.users.length > 1 || this.#runs.length > 1) return;
        if (act.do === "move") user.arn = user.arn.replace("user/ci/", "user/moved/");
        else user.arn = act.do === "rename" ? RENAMED : USER_ARN;
    }
  }

  /**
   * IAM has no compare-and-set: what one of two runs of a stack writes between the other's look and its writing is covered,
   * and with it, who made a key. Left, and told in docs/safety.md.
   */
  writesTag(user: MemoryIam, seen: string | undefined): void {
    const [one, other] = this.#runs;
    if (user.journal === seen || !other || (one?.spec.stack !== other.spec.stack && !this.data.twins)) return;
    for (const id of user.ids()) Object.assign(this.data.fates[id] ?? {}, { excused: true, raced: this.data.time.now });
  }

  /** Whoever activates again what the code had deactivated needs it; until somebody deactivates it. */
  #setNeeded(id: string, isActive: boolean): void {
    const fate = this.data.fates[id];
    if (fate?.asleep) fate.needed = isActive;
  }
}
