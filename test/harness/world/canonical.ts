import { PATIENCE } from "../../../provider/act/dependencies";
import type { WorldData } from "./model";

const YOUNG = 10 * 60_000;
const LATE = PATIENCE.staleRead;

/**
 * A world but for names: two that differ in ids and times alone go on alike. Of times only that counts which the rules
 * look at: whether an operation is young, and a read may still be late.
 */
export function canonical(data: WorldData): string {
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
