import { createHash } from "node:crypto";
import { PATIENCE } from "../../../provider/act/dependencies";
import type { Act, Event, Place, Policy, RunSpec, StrikeFault } from "./events";
import type { WorldData } from "./model";
import { comesToRest } from "./rest";
import { World } from "./world";

const YOUNG = 10 * 60_000;
const LATE = PATIENCE.staleRead;

type RunsEvent = Extract<Event, { do: "runs" }>;

/** A state of the world, and one of the histories that lead to it. */
interface Node {
  /** As text, since there are many. */
  data: string;
  history: Event[];
  /** How many histories lead to it. */
  count: number;
}

export interface Tally {
  /** Histories, told apart by their events, faults and the call that each fault strikes. */
  histories: number;
  /** Events that were lived through: a state is gone on from once. */
  steps: number;
  states: number;
}

export interface Crime {
  crimes: string[];
  history: Event[];
}

const READS: StrikeFault[] = ["before", "denied", "expired", "stale", "killAfter", "engineDies"];
const WRITES: StrikeFault[] = ["before", "lostReply", "denied", "expired", "killAfter", "engineDies"];

/** Periods that were once in a program stay there. */
function periods(data: WorldData, place: Place): Partial<RunSpec> {
  const { gracePeriod, deactivatePeriod } = (data.programs[place] ?? {}) as Policy;
  return gracePeriod ? { policy: { gracePeriod, deactivatePeriod } } : {};
}

/** Every event that may come next, without faults. */
function alphabet(data: WorldData): Event[] {
  const up = (place: Place, changes: boolean, more: Partial<RunSpec> = {}): RunsEvent => {
    const [stack, name] = place.split(".") as [RunSpec["stack"], RunSpec["resources"][number]];
    const last = Number(data.programs[place]?.rotationTrigger ?? 0);
    return {
      do: "runs",
      runs: [
        { stack, kind: "up", resources: [name], trigger: changes ? 1 - last : last, ...periods(data, place), ...more },
      ],
    };
  };
  const user = data.users[0];
  const keys = user?.keys ?? [];
  const has = (place: Place) => data.resources[place].live !== undefined;
  const acts: Act[] = [
    { do: "addKey" },
    ...keys.flatMap((_, nth): Act[] => [
      { do: "deleteKey", nth },
      { do: "deactivateKey", nth },
    ]),
    ...keys.flatMap(({ accessKeyId, status }, nth): Act[] =>
      status === "Inactive" && data.fates[accessKeyId]?.asleep ? [{ do: "activateKey", nth }] : [],
    ),
    { do: user?.arn.includes("renamed") ? "renameBack" : "rename" },
    { do: "remakeUser" },
    ...(user?.journal ? [{ do: "removeTag" } as const] : []),
  ];
  return [
    up("A.one", true),
    ...(has("A.one") || data.programs["A.one"] ? [up("A.one", false)] : []),
    ...(has("A.one") ? (["refresh", "destroy", "replace"] as const).map((kind) => up("A.one", false, { kind })) : []),
    ...keys.map((_, previous) => up("A.one", true, { adopt: { previous } })),
    up("A.two", true),
    up("B.one", true),
    ...(keys.length > 0 ? [up("B.one", true, { adopt: { current: keys.length - 1, previous: keys.length - 2 } })] : []),
    ...acts.map((act): Event => ({ do: "act", act })),
    ...(has("A.one") ? (["loseState", "backup"] as const).map((what): Event => ({ do: what, stack: "A" })) : []),
    ...(data.backups["A.one"] ? [{ do: "restore", stack: "A" } as const] : []),
    ...(user && user.arn !== data.programArn ? [{ do: "follow" } as const] : []),
    { do: "wait", minutes: 15 },
  ];
}

/** The same event with each fault at each of its calls, and with a person who makes a key just before that call. */
function struck(event: RunsEvent, calls: string[]): Event[] {
  const [spec] = event.runs;
  if (!spec) return [];
  return calls.flatMap((call, at) => {
    const faults = /^(GetUser|List|GetAccess|GetCaller)/.test(call) ? READS : WRITES;
    const strikes = faults.map((fault): Event => ({ do: "runs", runs: [{ ...spec, strike: { at, fault } }] }));
    return [...strikes, { do: "runs", runs: [spec], acts: [{ step: at, act: { do: "addKey" } }] }];
  });
}

/**
 * Goes through every history of so many events, and lets each state that it meets come to rest.
 * @param before events that all of them begin with
 */
export async function walk(
  depth: number,
  slots: number,
  onCrime: (crime: Crime) => void,
  before: Event[] = [],
): Promise<Tally> {
  const tally: Tally = { histories: 0, steps: 0, states: 1 };
  const seen = new Set<string>();
  const first = new World(slots);
  for (const event of before) await first.run(event);
  const start = JSON.stringify(first.save());
  let level = new Map<string, Node>([["", { data: start, history: before, count: 1 }]]);
  for (let events = 1; events <= depth; events++) {
    const next = new Map<string, Node>();
    const reach = async (from: Node, event: Event): Promise<string[]> => {
      const world = new World(slots, JSON.parse(from.data));
      await world.run(event);
      const calls = world.lastCalls;
      tally.steps += 1;
      tally.histories += from.count;
      const history = [...from.history, event];
      if (world.oracle.crimes.length > 0) onCrime({ crimes: world.oracle.crimes, history });
      const data = world.save();
      const name = createHash("sha256").update(canonical(data)).digest("base64url");
      const known = next.get(name);
      if (known) known.count += from.count;
      else if (events < depth) next.set(name, { data: JSON.stringify(data), history, count: from.count });
      if (!seen.has(name)) {
        seen.add(name);
        tally.states += 1;
        await comesToRest(world);
        if (world.oracle.crimes.length > 0) onCrime({ crimes: world.oracle.crimes, history });
      }
      return calls;
    };
    for (const node of level.values()) {
      for (const event of alphabet(JSON.parse(node.data))) {
        const calls = await reach(node, event);
        if (event.do === "runs") for (const other of struck(event, calls)) await reach(node, other);
      }
    }
    level = next;
  }
  return tally;
}

/**
 * A world but for names: two that differ in ids and times alone go on alike. Of times only that counts which the rules
 * look at: whether an operation is young, and a read may still be late.
 */
function canonical(data: WorldData): string {
  const { now } = data.time;
  const age = (time: number) => (now - time < LATE ? "just now" : now - time < YOUNG ? "young" : "old");
  const there = JSON.stringify([data.users, data.resources, data.backups]);
  const fates = Object.entries(data.fates).filter(([id]) => there.includes(id));
  const text = JSON.stringify([
    data.users.map(({ past, ...user }) => [user, age(past.at) === "just now" ? past : "past"]),
    data.resources,
    data.backups,
    data.programArn,
    data.programs,
    data.published,
    fates,
  ]);
  const names = new Map<string, string>();
  const rename = (name: string) => {
    const known = names.get(name) ?? `#${names.size}`;
    names.set(name, known);
    return known;
  };
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => age(Date.parse(time)))
    .replace(/"(?:at|since|instance|AKIAMEMORY\d+)":\d+/g, "")
    .replace(/ sum=\w+|secret-of-\d+-x+/g, "")
    .replace(/AKIAMEMORY\d+|AIDAMEMORYUSER\d+|\bop\d+\b/g, rename);
}
