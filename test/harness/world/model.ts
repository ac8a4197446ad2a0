import type { UserData } from "../aws/memoryIam";
import type { Props } from "./core";
import type { Place, RunSpec } from "./events";

export const USER_ARN = "arn:aws:iam::123456789012:user/ci/deployer";
export const PLACES: Place[] = ["A.one", "A.two", "B.one", "B.two"];

/** What the state holds of one resource, and what the oracle knows of it beside that. */
export interface Saved {
  /** The same from its creation on; a resource that takes its place, by a replacement, has another. */
  instance: number;
  outputs: Props;
  /** The engine's note: it calls update next time, whatever diff says. */
  failed: boolean;
  /** The last trigger value asked for, and whether a key was made for it. */
  answer: { trigger: number; rotated: boolean };
  /** Since when which key has been previous, by AWS's clock. */
  previous?: { id: string; since: number };
}

export interface Resource {
  live?: Saved | undefined;
  /** Replaced, and still to be deleted. */
  pending: Saved[];
}

/** The truth about a key. */
export interface Fate {
  maker: Place | "person";
  /** Made by the creation of a resource. */
  ofCreation: boolean;
  /** A successful run saved its secret, so that somebody may use it. */
  handed: boolean;
  /** Some state held its secret at some time. */
  held: boolean;
  /** Whose state says that it was deactivated by the code; and then, perhaps, a person activated it again. */
  asleep?: Place;
  needed?: boolean;
  /** Somebody took it upon himself: removed the tag, named it in `state`, or was told by a destroy. */
  excused: boolean;
  /** When one of two runs of one stack at once last wrote over what the other had written since it looked: docs/safety.md. */
  raced?: number;
}

/** All that lasts between two events, as plain data. */
export interface WorldData {
  /** The two stacks are one in two backends: of the same project, the same name, and the same resources. */
  twins?: boolean;
  time: { now: number };
  numbers: { made: number; operations: number; users: number; instances: number };
  users: UserData[];
  /** What the programs give as `userArn`. */
  programArn: string;
  programs: Partial<Record<Place, Props>>;
  resources: Record<Place, Resource>;
  backups: Partial<Record<Place, Resource>>;
  fates: Record<string, Fate>;
  /** What readers have: by resource, the ids that its stack has published. */
  published: Partial<Record<Place, { current?: string; previous?: string }>>;
  /** By key id: when a stack first published another one in its place. */
  replacedAt: Record<string, number>;
  /** By key id, as AWS made them. */
  secrets: Record<string, string>;
}

export function emptyWorld(): WorldData {
  const resources = Object.fromEntries(PLACES.map((place) => [place, { pending: [] } as Resource]));
  return {
    time: { now: Date.parse("2026-11-01T00:00:00Z") },
    numbers: { made: 0, operations: 0, users: 0, instances: 0 },
    users: [],
    programArn: USER_ARN,
    programs: {},
    resources: resources as Record<Place, Resource>,
    backups: {},
    fates: {},
    published: {},
    replacedAt: {},
    secrets: {},
  };
}

/** One resource's part of a run. */
export interface Operation {
  place: Place;
  kind: RunSpec["kind"];
  olds?: Saved | undefined;
  trigger: number;
  /** Ids of keys that `state` names. */
  adopts: string[];
  made: string[];
  revokes: boolean;
  /** The grace period asked for, in milliseconds. */
  grace?: number | undefined;
  /** How long a deactivated key is kept, in milliseconds. */
  sleep?: number | undefined;
  /** What was used within this time must stay, in milliseconds. */
  guard?: number | undefined;
  /** Current and previous worked when it began. */
  startedWorking: boolean;
  /** Why a new key may come without a trigger. */
  cause?: string | undefined;
  /** A rotation by age is due, by any clock. */
  isOverdue: boolean;
  /** What it did to keys, in words. */
  changed: string[];
  /** What a preview would have shown. */
  foreseen?: Props | undefined;
  /** The state told the truth of the user when it began. */
  isExact: boolean;
  /** Something else than this operation is at work, or a fault strikes. */
  disturbed: boolean;
  /** Its reads may be late. */
  readsLate: boolean;
  /** A person or another run changed keys while it ran, or a read was stale. */
  brokenMeanwhile: boolean;
}
