import { PATIENCE, type Patience } from "../../../provider/act/dependencies";
import { IamError } from "../../../provider/model/errors";
import type { MemoryKey } from "../aws/memoryIam";
import { Core } from "./core";
import type { Place, RunSpec, StrikeFault } from "./events";
import type { Operation } from "./model";
import { Session } from "./session";
import type { World } from "./world";

const DAYS = 86_400_000;
const FAILURES = {
  denied: ["denied", "AccessDenied", "not authorized"],
  throttled: ["throttled", "Throttling", "rate exceeded"],
  expired: ["credentials", "ExpiredToken", "the security token has expired"],
} as const;

/** One run of the engine on one stack: a process of the provider, which may be struck, killed, or left alone. */
export class Run {
  isAlive = true;
  isEngineAlive = true;
  /** Somebody is left to save what comes out. */
  isSaved = true;
  /** A person removed the tag under its hands: what it makes from here on may be named by nothing. */
  isTagRemoved = false;
  readonly calls: string[] = [];
  readonly said: string[] = [];
  /** The one under way of each resource. */
  readonly operations = new Map<Place, Operation>();
  readonly begun: Operation[] = [];
  readonly core: Core;
  readonly signerId: string | undefined;
  end: () => void = () => {};
  /** Resolves when its process is killed. */
  readonly death = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  constructor(
    readonly world: World,
    readonly spec: RunSpec,
    readonly number: number,
  ) {
    const { schedule, data } = world;
    const skew = (spec.skew ?? 0) * DAYS;
    this.signerId = world.signerFor(spec);
    this.core = new Core({
      connect: (userName, region, login) => new Session(this, world.placeIn(spec.stack, region), userName, login),
      clock: {
        now: () => new Date(data.time.now + skew),
        sleep: (milliseconds) => schedule.sleep(`${number} asleep`, () => this.isAlive, milliseconds),
      },
      engine: {
        newId: () => `op${++data.numbers.operations}`,
        isGone: async () => !this.isEngineAlive,
        leave: () => void this.die(),
      },
      say: (line) => void this.said.push(line),
      patience: tunedBy(spec.tuned ?? 1),
    });
  }

  die(): Promise<never> {
    this.isAlive = false;
    this.isSaved = false;
    this.end();
    return new Promise(() => {});
  }

  fault(action: string, subject: string): StrikeFault | IamError | undefined {
    const nth = this.calls.length;
    const { another } = this.spec;
    const strike = another && nth >= another.at ? another : this.spec.strike;
    this.calls.push(subject ? `${action} ${subject}` : action);
    this.world.log.push(`${this.number}: ${action} ${subject}`.trim());
    if (!strike || nth < strike.at) return undefined;
    const isTrial = action === "GetCallerIdentity" && subject !== "";
    const { fault } = strike;
    // A trial is signed by the key that is tried.
    if (fault === "expired") return isTrial ? undefined : failure(fault, action);
    if (nth > strike.at) return undefined;
    if (fault === "engineDies") {
      this.isEngineAlive = false;
      this.isSaved = false;
      return undefined;
    }
    return fault === "denied" || fault === "throttled" ? failure(fault, action) : fault;
  }

  begins(operation: Operation): void {
    this.operations.set(operation.place, operation);
    this.begun.push(operation);
  }

  /** @param by the resource whose operation it is */
  ends(by: Place, how: "deletes" | "deactivates", id: string): void {
    const operation = this.operations.get(by);
    if (operation) this.world.oracle[how](operation, id);
    this.world.changes(operation);
  }

  makes(by: Place, { accessKeyId, secretAccessKey }: MemoryKey): void {
    const operation = this.operations.get(by);
    this.world.data.secrets[accessKeyId] = secretAccessKey;
    this.world.oracle.made(accessKeyId, by, operation !== undefined && operation.olds === undefined);
    const fate = this.world.data.fates[accessKeyId];
    if (fate && this.isTagRemoved) fate.excused = true;
    operation?.made.push(accessKeyId);
    operation?.changed.push(`made ${accessKeyId}`);
  }
}

/** What rests on a read that the next minute could contradict is not tuned: it is what AWS may do. */
function tunedBy(factor: number): Patience {
  const tuned = Object.entries(PATIENCE).map(([name, wait]) => [name, wait * factor]);
  return { ...(Object.fromEntries(tuned) as unknown as Patience), staleRead: PATIENCE.staleRead };
}

function failure(fault: keyof typeof FAILURES, action: string): IamError {
  const [kind, code, text] = FAILURES[fault];
  return new IamError(kind, `iam:${action}`, code, text);
}

/** What comes of a run where another of the same stack is at work. */
export function plainer(spec: RunSpec): RunSpec {
  const { strike, kind } = spec;
  return {
    ...spec,
    late: undefined,
    another: undefined,
    kind: kind === "replace" || kind === "destroy" ? "up" : kind,
    strike: strike?.fault === "stale" ? undefined : strike,
  };
}
