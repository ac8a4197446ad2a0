import { recordedIds } from "./core";
import type { Place } from "./events";
import { PLACES } from "./model";
import { calmUp, gist } from "./rest";
import type { World } from "./world";

/** One way out that a message gives, and a person who takes it, to the letter. */
interface WayOut {
  says: RegExp;
  /** @returns whether it is for this person: the conditions that the message gives hold */
  take(reader: Reader): boolean;
}

/** Who reads the message that a resource refuses with. */
class Reader {
  /** Ids of the user's keys that the message names. */
  readonly named: string[];
  /** The resource that the message says is the other one. */
  readonly other: Place | undefined;

  constructor(
    readonly world: World,
    readonly place: Place,
    readonly message: string,
  ) {
    // What cuts off a leaked key in the meantime is no way out.
    const [asked = ""] = message.split("to cut a leaked key off now");
    this.named = (world.users[0]?.ids() ?? []).filter((id) => asked.includes(id));
    const owner = /its owner is ([AB]-\w+)|is ([AB]-\w+), here it is/.exec(message)?.slice(1).find(Boolean);
    this.other = owner?.replace("-", ".") as Place | undefined;
  }

  /** Another resource's state has it, so somebody uses it. */
  isElsewhere(id: string): boolean {
    return PLACES.some(
      (at) => at !== this.place && recordedIds(this.world.data.resources[at].live?.outputs).includes(id),
    );
  }

  isKnown(id: string): boolean {
    const fate = this.world.data.fates[id];
    return fate !== undefined && (fate.held || fate.maker === "person") && this.world.works(id);
  }

  setState(current: string | undefined, previous?: string | undefined): boolean {
    const { programs, secrets } = this.world.data;
    const { state: _, ...program } = programs[this.place] ?? {};
    const state = {
      ...(current && { current: { accessKeyId: current, secretAccessKey: secrets[current] } }),
      ...(previous && { previous: { accessKeyId: previous } }),
    };
    programs[this.place] = { ...program, ...(Object.keys(state).length > 0 && { state }) };
    // What the saved state has adopted before is no change.
    const adopted = this.world.data.resources[this.place].live?.outputs.state;
    return JSON.stringify(adopted ?? {}) !== JSON.stringify(state);
  }

  deletes(ids: string[]): boolean {
    for (const id of ids) {
      this.world.act({ do: "deleteKey", nth: this.world.users[0]?.ids().indexOf(id) ?? -1 });
    }
    return ids.length > 0;
  }
}

const WAYS_OUT: WayOut[] = [
  {
    says: /`state: \{ current: /,
    take(reader) {
      const [, exact] = /current: \{ accessKeyId: "(\w+)"/.exec(reader.message) ?? [];
      const ids = exact ? [exact] : reader.named;
      const id = ids.find((key) => reader.isKnown(key) && !reader.isElsewhere(key));
      return id !== undefined && reader.setState(id);
    },
  },
  {
    says: /[Aa]dopt (one|it) with `state: \{ previous: /,
    take(reader) {
      const id = reader.named.find((key) => !reader.isElsewhere(key));
      return id !== undefined && reader.setState(undefined, id);
    },
  },
  {
    says: /[Dd]elete (AKIA\w+|it, if nobody)/,
    take: (reader) => reader.deletes(reader.named.filter((id) => !reader.isElsewhere(id))),
  },
  {
    says: /remove the tag/,
    take(reader) {
      const { world, other, message } = reader;
      if (other && world.data.resources[other].live) return false;
      const [, first] = /delete (AKIA\w+), which was made by that operation/.exec(message) ?? [];
      if (first) world.act({ do: "deleteKey", nth: world.users[0]?.ids().indexOf(first) ?? -1 });
      world.act({ do: "removeTag" });
      return true;
    },
  },
  {
    says: /name every key of the user in `state`/,
    take(reader) {
      const { world } = reader;
      const keys = world.users[0]?.ids() ?? [];
      const surplus = keys.filter((id) => !reader.isElsewhere(id));
      if (keys.length > 2) reader.deletes(surplus.slice(0, keys.length - 2));
      const left = (world.users[0]?.ids() ?? []).reverse();
      const current = left.find((id) => reader.isKnown(id));
      // There is none; or somebody uses each of them, or nobody knows their secrets.
      if (left.length === 0 || left.length > (current ? 2 : 1)) return false;
      return reader.setState(
        current,
        left.find((id) => id !== current),
      );
    },
  },
  {
    says: /Rotate a user in one place only/,
    take({ world, place, other }) {
      if (!other || !world.data.resources[other].live) return false;
      delete world.data.programs[place];
      return true;
    },
  },
  {
    says: /Name keys of this user in `state`, or leave it out|or leave `state.current` out/,
    take: (reader) => reader.setState(undefined),
  },
  {
    says: /Adopt AKIA\w+ as `state.current` alone/,
    take: (reader) => reader.setState(/Adopt (AKIA\w+) as/.exec(reader.message)?.[1]),
  },
  {
    says: /(Set|Correct) `userArn`/,
    take({ world }) {
      world.data.programArn = world.users[0]?.arn ?? "";
      return true;
    },
  },
];

/**
 * Advice in a message is a promise: a person who follows it, one way out after the other, comes to an `up` that ends well.
 * @param choice which of several ways out
 */
export async function followAdvice(world: World, place: Place, choice: number): Promise<void> {
  if (world.users.length > 1) return; // people act on the first user, and the program names the second
  let [before, way] = ["", ""];
  for (let run = 0; run < 8; run++) {
    const outcome = await calmUp(world, place);
    const { ending, message = "" } = outcome;
    if (ending !== "refused") return;
    if (gist(outcome) === before) {
      world.oracle.crimes.push(`the advice to ${place} changes nothing, ${way}: ${message}`);
      return;
    }
    before = gist(outcome);
    const reader = new Reader(world, place, message);
    const ways = WAYS_OUT.filter(({ says }) => says.test(message));
    const from = (choice + run) % Math.max(ways.length, 1);
    const taken = [...ways.slice(from), ...ways.slice(0, from)].find((at) => at.take(reader));
    // No way out is for this person: another resource uses the keys in question.
    if (!taken && ways.length > 0) return;
    way = String(taken?.says ?? "there is none");
    if (way.includes("name every key") && reader.other) await takeOver(world, place, reader.other);
    if (!world.data.programs[place]) return;
  }
  world.oracle.crimes.push(`the advice to ${place} leads nowhere: ${before}`);
}

/** "… run again, then take the other resource out of its stack with `pulumi state delete`." */
async function takeOver(world: World, place: Place, other: Place): Promise<void> {
  if ((await calmUp(world, place)).ending === "refused") return;
  world.data.resources[other].live = undefined;
  delete world.data.programs[other];
}
