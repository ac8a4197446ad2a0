import type { Retirement } from "./managedKeys";

/** What tells whether something waits. */
export interface Waiting {
  /** A rotation was asked for by the trigger, and is not answered yet. */
  isAsked: boolean;
  rotationDueAt?: string | undefined;
  previousAccessKeyId?: string | undefined;
  previousUntil?: string | undefined;
  retirement?: Retirement | undefined;
}

/** Why a rotation, or the end of `previous`, waits, in words; `undefined` if nothing waits. */
export function waitsFor(
  { isAsked, rotationDueAt, previousAccessKeyId: id, previousUntil: until, retirement }: Waiting,
  now: string,
): string | undefined {
  if (retirement?.activatedAgain) return `${id} was deactivated, and somebody activated it again`;
  if (retirement?.lastUse) return `${id} was last used ${retirement.lastUse.at} (${retirement.lastUse.service})`;
  const waits = id && (isAsked || (rotationDueAt !== undefined && rotationDueAt <= now));
  return waits && until && until > now ? `${id} is in its grace period until ${until}` : undefined;
}
