type Json = Record<string, unknown>;

/** Parts of a resource in a state file, and the fields that belong to each; those of outputs and inputs by their path. */
const FIELDS: [string, RegExp][] = [
  ["`__provider`, in the inputs", /^inputs\.__provider$/],
  ["`__provider`, in the outputs", /^outputs\.__provider$/],
  ["secret outputs, encrypted", /^outputs\.(current|previous|login|state|secretAccessKey)$/],
  ["other inputs", /^inputs/],
  ["other outputs", /^outputs/],
  ["names: urn, id, type, parent, provider", /^(urn|id|type|parent|provider|custom)$/],
  ["where in the program: its stack trace", /^(sourcePosition|stackTrace)$/],
  ["propertyDependencies, names of inputs", /^propertyDependencies$/],
  ["additionalSecretOutputs, names of outputs", /^additionalSecretOutputs$/],
  ["all else", /^/],
];

export const PARTS = FIELDS.map(([part]) => part);

/** Bytes of a resource's JSON by part. They add up to all of it, less its outermost pair of braces and one comma. */
export function bytesByPart(resource: Json): Map<string, number> {
  const sums = new Map<string, number>();
  const count = (path: string, bytes: number) => {
    const part = FIELDS.find(([, fields]) => fields.test(path))?.[0] ?? "";
    sums.set(part, (sums.get(part) ?? 0) + bytes);
  };
  for (const [name, value] of Object.entries(resource)) {
    if (name !== "inputs" && name !== "outputs") {
      count(name, entryBytes(name, value));
      continue;
    }
    // `"inputs":{},` and its entries, the last of which has no comma.
    const entries = Object.entries(value as Json);
    count(name, entryBytes(name, {}) - (entries.length > 0 ? 1 : 0));
    for (const [inner, content] of entries) count(`${name}.${inner}`, entryBytes(inner, content));
  }
  return sums;
}

/** With its name and a comma. */
function entryBytes(name: string, value: unknown): number {
  return Buffer.byteLength(`${JSON.stringify(name)}:${JSON.stringify(value)},`);
}
