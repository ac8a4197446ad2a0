/** As AWS makes them: AKIA for a user's key, ASIA for a session's. LocalStack begins them with an L, so that nobody takes them for AWS's. */
const KEY_ID = /^[AL][KS]IA[A-Z0-9]{12,124}$/;
const WHITE_SPACE = "has white space in it, perhaps the end of a line, which no such text has; pass it without";

/** Why this is no access key id. No problem here or below repeats a value: where two are swapped, it is a secret. */
export function keyIdProblem(id: unknown): string | undefined {
  if (isMissing(id)) return "is required: the id of an access key";
  if (typeof id === "string" && KEY_ID.test(id)) return undefined;
  if (typeof id === "string" && /\s/.test(id)) return WHITE_SPACE;
  return "is not an access key id: AKIA or ASIA and 12 to 124 capital letters and digits, for example AKIAIOSFODNN7EXAMPLE; a secret belongs into secretAccessKey";
}

/** Why this is no id of a user's own key, the only one that can be rotated. */
export function userKeyIdProblem(id: unknown): string | undefined {
  if (typeof id === "string" && KEY_ID.test(id) && id[1] === "S")
    return "is the id of temporary credentials, which are no key of a user; give that of a key, which begins with AKIA";
  return keyIdProblem(id);
}

/** Why this is no secret, nor a session token. */
export function secretTextProblem(secret: unknown, what: string): string | undefined {
  if (isMissing(secret)) return `is empty: it must be ${what}`;
  if (typeof secret !== "string") return `must be a string: ${what}`;
  if (/\s/.test(secret)) return WHITE_SPACE;
  if (KEY_ID.test(secret)) return `is an access key's id: it must be ${what}`;
  if (/[^\x21-\x7e]/.test(secret)) return `has a character in it that AWS does not use: it must be ${what}`;
  return undefined;
}

/** By its form alone: AWS adds to the list of them. */
export const isRegion = (text: string) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text);

/** Why this is no region. */
export function regionProblem(region: unknown): string | undefined {
  if (typeof region === "string" && isRegion(region)) return undefined;
  if (typeof region === "string" && /^\s+\S|\S\s+$/.test(region)) return WHITE_SPACE;
  return "is not an AWS region, for example eu-central-1";
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
