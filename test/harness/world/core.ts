// All that the world takes from the code under test: its lifecycle, asked as the mounts ask it, and the words that it speaks.
import type { Dependencies, Iam } from "../../../provider/act/dependencies";
import type { Answer } from "../../../provider/lifecycle/answer";
import type { Foreseen } from "../../../provider/lifecycle/foresee";
import { KeyLifecycle } from "../../../provider/lifecycle/lifecycle";
import type { Pending } from "../../../provider/model/pending";
import { hasUnknowns, isUnknown } from "../../../provider/model/unknowns";

export type Props = Record<string, unknown>;

export interface Process extends Pick<Dependencies, "clock" | "engine" | "say" | "patience"> {
  /** @param region each resource has one of its own, by which its calls are told apart */
  connect(userName: string, region: string, login?: string): Iam;
}

/** One process of the provider, in the order of calls of both mounts: check, diff, a preview, and then the work. */
export class Core {
  readonly #keys: KeyLifecycle;

  constructor({ connect, ...rest }: Process) {
    this.#keys = new KeyLifecycle({
      ...rest,
      connect: ({ userName }, region, { credentials }) => connect(userName, region, credentials.login?.accessKeyId),
      env: {},
    });
  }

  check(news: Props, published: string[] | undefined): Props {
    return this.#keys.check({ ...news, run: { isPreview: false, ...(published && { published }) } }).inputs;
  }

  foreseeUpdate = (olds: Props, news: Props): Foreseen => this.#keys.foreseeUpdate(olds, news);
  foreseeCreate = (news: Props): Foreseen => this.#keys.foreseeCreate(news);
  diff = (olds: Props, news: Props) => this.#keys.diff(olds, news);
  create = (news: Props) => this.#keys.create(news).then(asStored);
  read = (olds: Props) => this.#keys.read(olds).then(asStored);
  update = (olds: Props, news: Props) => this.#keys.update(olds, news).then(asStored);
  delete = (olds: Props) => this.#keys.delete(olds).then(asStored);
}

function asStored(said: Answer): Answer {
  return said.outputs ? { ...said, outputs: JSON.parse(JSON.stringify(said.outputs)) } : said;
}

/** Where a preview and what came of it differ, but for what it could not know. */
export function differences(foreseen: Props, came: Props): string[] {
  const names = [...new Set([...Object.keys(foreseen), ...Object.keys(came)])];
  return names.filter((name) => !isAsForeseen(foreseen[name], came[name]));
}

function isAsForeseen(foreseen: unknown, came: unknown): boolean {
  if (isUnknown(foreseen)) return true;
  if (!hasUnknowns(foreseen)) return JSON.stringify(foreseen ?? null) === JSON.stringify(came ?? null);
  if (typeof came !== "object" || came === null) return false;
  return differences(foreseen as Props, came as Props).length === 0;
}

/** What is pending, and needs a person. */
export function blockedIn(outputs: Props | undefined): Pending[] {
  return pendingIn(outputs).filter(({ blocked }) => blocked);
}

export function pendingIn(outputs: Props | undefined): Pending[] {
  return (outputs?.pending ?? []) as Pending[];
}

/** Ids of the keys that these outputs name as the resource's own. */
export function recordedIds(outputs: Props | undefined): string[] {
  if (!outputs) return [];
  const { current, previous, unfinished } = outputs as Record<string, { accessKeyId?: string; keys?: string[] } | null>;
  return [current?.accessKeyId, previous?.accessKeyId, ...(unfinished?.keys ?? [])].filter((id) => id !== undefined);
}

/** Ids of the keys whose secrets these outputs hold. */
export function secretsIn(outputs: Props | undefined): string[] {
  const keys = [outputs?.current, outputs?.previous] as ({ accessKeyId: string; secretAccessKey?: string } | null)[];
  return keys.flatMap((key) => (key?.secretAccessKey ? [key.accessKeyId] : []));
}
