import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ensureBuilt, ROOT } from "../dist";

interface Registered {
  type: string;
  name: string;
  /** As they reach the engine: a secret is sealed. */
  inputs: Record<string, unknown>;
}

export interface Mocked {
  registered: Registered[];
  exported: Record<string, unknown>;
  /** The inputs of the one resource of a type. */
  inputs(type: string): Record<string, unknown>;
}

type Outputs = (inputs: Record<string, unknown>) => Record<string, unknown>;

/**
 * Runs the program of an example by Pulumi's mocks, for what an engine can't be had for.
 *
 * @param outputs what a resource of a type has for outputs, beside its inputs
 * @param folder where the program lies, if not in examples
 * @returns what it asked the engine to register, once all of its outputs are there
 */
export async function runMocked(
  name: string,
  config: Record<string, string>,
  outputs: Record<string, Outputs>,
  folder = join(ROOT, "examples", name),
): Promise<Mocked> {
  ensureBuilt();
  const project = `iam-rotator-${name}`;
  const settings = Object.entries(config).map(([key, value]) => [`${project}:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(settings));
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, inputs }) => ({ id: `${name}-id`, state: { ...inputs, ...outputs[type]?.(inputs) } }),
    },
    project,
    "test",
  );
  const monitor = pulumi.runtime.getMonitor();
  assert.ok(monitor);
  const register = monitor.registerResource.bind(monitor);
  // The mocks unseal secrets: their monitor is asked for the inputs as they come.
  monitor.registerResource = ((request: Parameters<typeof register>[0], ...rest: [never, never]) => {
    const inputs = request.getObject()?.toJavaScript() ?? {};
    registered.push({ type: request.getType(), name: request.getName(), inputs });
    return (register as (...all: unknown[]) => never)(request, ...rest);
  }) as unknown as typeof register;

  const program = join(folder, "index.ts");
  delete require.cache[program];
  const main: unknown = require(program);
  const settled = pulumi.output((typeof main === "function" ? await main() : main) as Record<string, unknown>);
  const exported = await (settled as unknown as { promise(): Promise<Record<string, unknown>> }).promise();
  const inputs = (type: string) => {
    const [one, ...others] = registered.filter((each) => each.type === type);
    return one && others.length === 0 ? one.inputs : assert.fail(`not one ${type}`);
  };
  return { registered, exported, inputs };
}

export const key = (letter: string) => ({
  accessKeyId: `AKIA${letter.repeat(16)}`,
  secretAccessKey: `secret of ${letter}`,
  createdAt: "2026-11-01T00:00:00Z",
});

/** What the provider answers with. */
export const keys = (previous?: object, current = key("C")) => ({
  "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey": () => ({
    current,
    currentAccessKeyId: current.accessKeyId,
    ...(previous && { previous }),
  }),
  "aws:iam/user:User": () => ({ arn: "arn:aws:iam::123456789012:user/ci/deploy", name: "deploy" }),
});

const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What is inside an input that reaches the engine as a secret; fails for one that does not. */
export function unsealed(input: unknown): unknown {
  const { value, ...signature } = input as Record<string, unknown>;
  assert.deepEqual(Object.values(signature), [SECRET], "not a secret");
  return value;
}
