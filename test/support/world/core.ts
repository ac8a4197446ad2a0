// All that the world takes from the code under test: its door, and the words that the door speaks.
import { type Dependencies, type Iam, PATIENCE } from "../../../provider/act/dependencies";
import { PartialFailure } from "../../../provider/dynamic/partialFailure";
import { ProviderAsStored } from "../asStored";

export type Core = Pick<ProviderAsStored, "diff" | "create" | "read" | "update" | "delete">;
export type Props = Record<string, unknown>;

export interface Process extends Pick<Dependencies, "clock" | "engine" | "say"> {
  /** @param region each resource has one of its own, by which its calls are told apart */
  connect(userName: string, region: string, login?: string): Iam;
}

/** One process of the provider. */
export function startCore({ connect, ...rest }: Process): Core {
  return new ProviderAsStored({
    ...rest,
    connect: ({ userName }, region, { credentials }) => connect(userName, region, credentials.login?.accessKeyId),
    patience: PATIENCE,
    env: {},
  });
}

export function savedBy(error: unknown): Props | undefined {
  return error instanceof PartialFailure ? error.properties : undefined;
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
