import type { Place } from "./events";
import type { Resource, WorldData } from "./model";

export const USER_ARN = "arn:aws:iam::123456789012:user/ci/deployer";
export const PLACES: Place[] = ["A.one", "A.two", "B.one", "B.two"];

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
