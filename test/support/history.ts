import { PATIENCE } from "../../provider/act/dependencies";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { IamError } from "../../provider/model/errors";
import { FakeClock, type Fault, MemoryIam } from "./memoryIam";

type Props = Record<string, unknown>;

const userArn = "arn:aws:iam::123456789012:user/ci/deployer";
const MINUTES = 60_000;

/** What strikes one run: a fault at its nth call to AWS. */
export interface Strike {
  at: number;
  fault: Fault | "denied" | "throttled";
}

export type Command =
  | { do: "up"; trigger: number; strike?: Strike | undefined; unsaved?: boolean }
  | { do: "refresh"; strike?: Strike | undefined }
  | { do: "destroy"; strike?: Strike | undefined }
  | { do: "replace"; strike?: Strike | undefined }
  | { do: "loseState" }
  | { do: "backup" }
  | { do: "restore" }
  | { do: "addKey" }
  | { do: "deleteKey"; nth: number }
  | { do: "deactivateKey"; nth: number }
  | { do: "remakeUser" }
  | { do: "otherStackUp"; trigger: number };

export type Ending = "ok" | "refused" | "killed" | "nothing";

interface Saved {
  outputs: Props;
  /** The engine calls update next time, whatever diff says. */
  failed: boolean;
}

/** A stack, its user, its saved state and the hands that interfere; each command is one event of a history. */
export class History {
  readonly clock = new FakeClock();
  readonly iam = new MemoryIam(this.clock, userArn);
  state: Saved | undefined;
  other: Saved | undefined;
  /** Ids of keys that somebody made by hand. */
  handMade = new Set<string>();
  /** Ids of keys that somebody deleted or deactivated by hand. */
  handBroken = new Set<string>();
  /** Ids of keys whose secret a saved state held at some time. */
  saved = new Set<string>();
  /** Ids of keys that a successful run passed on, so that somebody may use them. A failed run passes nothing on. */
  handedOut = new Set<string>();
  /** Wrong deletions, as they happen. */
  crimes: string[] = [];
  messages: string[] = [];
  #backup: Saved | undefined;
  #processes = 0;
  #dead = new Set<string>();

  async run(command: Command): Promise<Ending> {
    // Runs are minutes apart, and what people do by hand comes later than any operation can last.
    this.clock.time += 2 * MINUTES;
    switch (command.do) {
      case "up":
        return this.#up("ours", command.trigger, command.strike, command.unsaved);
      case "otherStackUp":
        return this.#up("other", command.trigger);
      case "refresh":
        return this.#refresh(command.strike);
      case "destroy":
        return this.#destroy(command.strike);
      case "replace":
        return this.#replace(command.strike);
      case "loseState":
        this.state = undefined;
        return "nothing";
      case "backup":
        this.#backup = this.state;
        return "nothing";
      case "restore":
        this.state = this.#backup;
        return "nothing";
      default:
        return this.#byHand(command);
    }
  }

  #byHand(command: Extract<Command, { do: "addKey" | "deleteKey" | "deactivateKey" | "remakeUser" }>): Ending {
    this.clock.time += 30 * MINUTES;
    if (command.do === "addKey") {
      if (this.iam.keys.length < this.iam.slots) this.handMade.add(this.iam.addKey().accessKeyId);
      return "nothing";
    }
    if (command.do === "remakeUser") {
      for (const id of this.iam.ids()) this.handBroken.add(id);
      this.iam.keys = [];
      this.iam.journal = undefined;
      this.iam.userId += "x";
      return "nothing";
    }
    const key = this.iam.keys[command.nth % Math.max(this.iam.keys.length, 1)];
    if (!key) return "nothing";
    this.handBroken.add(key.accessKeyId);
    if (command.do === "deleteKey") this.iam.keys = this.iam.keys.filter((at) => at !== key);
    else key.status = "Inactive";
    return "nothing";
  }

  /** One run of the engine: a process of its own, which may die. */
  async #process<T>(
    strike: Strike | undefined,
    work: (provider: AccessKeyProvider) => Promise<T>,
  ): Promise<T | "killed"> {
    const id = `machine.${++this.#processes}`;
    let [calls, operations] = [0, 0];
    this.iam.fault = (call) => {
      this.#watch(call);
      if (!strike || calls++ !== strike.at) return undefined;
      const action = `iam:${call.split(" ")[0]}`;
      if (strike.fault === "denied") return new IamError("denied", action, "AccessDenied", "not authorized");
      if (strike.fault === "throttled") return new IamError("throttled", action, "Throttling", "rate exceeded");
      return strike.fault;
    };
    const killed = new Promise<"killed">((resolve) => {
      this.iam.onKill = () => {
        this.#dead.add(id);
        resolve("killed");
      };
    });
    const provider = new AccessKeyProvider({
      connect: () => this.iam,
      clock: this.clock,
      patience: PATIENCE,
      env: {},
      say: (line) => this.messages.push(line),
      runner: {
        id,
        newId: () => `op${this.#processes}x${++operations}`,
        isRunning: ({ runner }) => runner !== id && !this.#dead.has(runner),
        isAbandoned: async () => this.#dead.has(id),
      },
    });
    try {
      return await Promise.race([work(provider), killed]);
    } finally {
      this.#dead.add(id); // the process ends with the run
    }
  }

  /** Every deletion is held against what is known here, outside of the code under test. */
  #watch(call: string): void {
    const [action, id = ""] = call.split(" ");
    if (action !== "DeleteAccessKey" || !this.iam.ids().includes(id)) return;
    if (this.handMade.has(id)) this.crimes.push(`deleted ${id}, which somebody made by hand`);
    for (const saved of [this.state, this.other]) {
      if (saved?.outputs.currentAccessKeyId === id && this.#works(id) && !this.#leaving) {
        this.crimes.push(`deleted ${id}, the current key of a saved state`);
      }
    }
    if (this.handedOut.has(id) && this.#works(id) && !this.#isRecorded(id)) {
      this.crimes.push(`deleted ${id}, which was handed out and which the state does not know`);
    }
  }

  #leaving = false;

  #isRecorded(id: string): boolean {
    return JSON.stringify(this.#acting?.outputs ?? {}).includes(id);
  }

  #acting: Saved | undefined;

  #works(id: string): boolean {
    return this.iam.keys.some((key) => key.accessKeyId === id && key.status === "Active");
  }

  async #up(stack: "ours" | "other", trigger: number, strike?: Strike, unsaved = false): Promise<Ending> {
    const slot = stack === "ours" ? "state" : "other";
    const olds = this[slot];
    this.#acting = olds;
    const news = { userArn, rotationTrigger: trigger, journalOwner: stack };
    const save = (outputs: Props, failed: boolean) => {
      for (const name of ["current", "previous"]) {
        const key = outputs[name] as { accessKeyId: string } | undefined;
        if (key && !failed) this.handedOut.add(key.accessKeyId);
        if (key && !unsaved) this.saved.add(key.accessKeyId);
      }
      if (!unsaved) this[slot] = { outputs, failed };
    };
    try {
      const result = await this.#process(strike, async (provider) => {
        if (!olds) return (await provider.create(news)).outs as Props;
        const { changes } = await provider.diff("id", olds.outputs, news);
        if (!changes && !olds.failed) return olds.outputs;
        return (await provider.update("id", olds.outputs, news)).outs as Props;
      });
      if (result === "killed") return "killed";
      save(result, false);
      return "ok";
    } catch (error) {
      this.messages.push(String(error));
      if (error instanceof PartialFailure) save(error.properties, true);
      return "refused";
    }
  }

  async #refresh(strike?: Strike): Promise<Ending> {
    const olds = this.state;
    if (!olds) return "nothing";
    const result = await this.#process(strike, (provider) => provider.read("id", olds.outputs)).catch(() => undefined);
    if (result === undefined || result === "killed") return "refused";
    this.state = { outputs: result.props as Props, failed: olds.failed };
    return "ok";
  }

  async #destroy(strike?: Strike): Promise<Ending> {
    const olds = this.state;
    if (!olds) return "nothing";
    this.#acting = olds;
    this.#leaving = true;
    const before = this.iam.ids();
    const end = await this.#process(strike, (provider) => provider.delete("id", olds.outputs)).catch(
      () => "refused" as const,
    );
    this.#leaving = false;
    // After a destroy that was cut short, an `up` with the same inputs asks nothing: only a refresh tells what is gone.
    for (const id of before.filter((id) => !this.iam.ids().includes(id))) this.handBroken.add(id);
    if (end === "killed" || end === "refused") return end;
    this.state = undefined;
    return "ok";
  }

  /** `up --replace`: the engine creates first, with no old state, then deletes the old one. */
  async #replace(strike?: Strike): Promise<Ending> {
    const olds = this.state;
    if (!olds) return "nothing";
    this.state = undefined;
    const ending = await this.#up("ours", Number(olds.outputs.rotationTrigger), strike);
    if (ending !== "ok") {
      this.state = olds;
      return ending;
    }
    const created = this.state;
    this.state = olds;
    const deleted = await this.#destroy();
    this.state = created;
    return deleted;
  }
}
