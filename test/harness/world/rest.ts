import { type Props, pendingIn } from "./core";
import type { Place, ResourceName, StackName } from "./events";
import { PLACES } from "./model";
import type { Outcome, World } from "./world";

/** What a message gives its reader to do. */
const TO_DO = /[Rr]un again|[Dd]elete |Rotate a user in one place|Name keys|Activate|[Aa]dopt |Give its user|Mend /;

/** One `up` with nothing else at work. */
export async function calmUp(world: World, place: Place, changes: Props = {}, pause = 15): Promise<Outcome> {
  const [stack, name] = place.split(".") as [StackName, ResourceName];
  const program = { ...world.data.programs[place], ...changes };
  await world.run({ do: "wait", minutes: pause });
  await world.run({
    do: "runs",
    runs: [{ stack, kind: "up", resources: [name], trigger: Number(program.rotationTrigger), program }],
  });
  return world.outcomes[place] ?? { ending: "killed" };
}

/** A message but for what differs in any case from run to run. */
export function gist({ ending, message = "" }: Outcome): string {
  return `${ending === "nothing" ? "ok" : ending} ${message.replace(/operation [\w-]+|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…")}`;
}

/**
 * After its events a world comes to rest: each resource converges, or refuses for the same reason twice and says what to do.
 * @returns the resources that refuse
 */
export async function comesToRest(world: World, changes: Props = {}): Promise<Place[]> {
  const refusing: Place[] = [];
  for (const place of PLACES.filter((at) => world.data.programs[at])) {
    // Twice the same: the first runs may settle what was left, or a time may have come.
    let [last, before] = [await calmUp(world, place, changes), undefined as Outcome | undefined];
    for (let run = 0; run < 7 && !(before && gist(before) === gist(last)); run++) {
      [before, last] = [last, await calmUp(world, place, changes)];
    }
    if (!before || gist(before) !== gist(last)) {
      world.oracle.crimes.push(`${place} comes to no rest: ${before && gist(before)} | ${gist(last)}`);
    }
    // A time may just have come; but not again at once.
    if (last.ending === "ok") await calmUp(world, place, changes, 0);
    const { calls = [] } = world.runs.at(-1) ?? {};
    const isWaiting = pendingIn(world.data.resources[place].live?.outputs).length > 0;
    if (last.ending === "ok" && calls.length > 0 && !isWaiting) {
      world.oracle.crimes.push(`${place} still asks AWS: ${calls}`);
    }
    if (last.ending !== "refused") continue;
    refusing.push(place);
    const { message = "" } = last;
    if (!TO_DO.test(message)) world.oracle.crimes.push(`${place} says nothing to do: ${message}`);
  }
  return refusing;
}
