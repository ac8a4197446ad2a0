import * as pulumi from "@pulumi/pulumi";
import { shownNow } from "../lifecycle/foresee";
import { pickInputs } from "../lifecycle/record";
import { inputsThatAre, PUBLIC_INPUTS } from "../model/inputs";
import { OUTPUT_NAMES, outputsThatAre, SECRETS } from "../model/outputs";
import { knownIfUnset } from "./awsProvider";

type Outputs = Record<string, pulumi.Output<unknown>>;

/** What says when, and what is asked for: the rest of the inputs changes no date and no wait. */
const TELLING = [...inputsThatAre("trigger"), ...inputsThatAre("period"), "state"] as const;

/**
 * The resource's outputs as programs see them. What is recorded of dates and waits is of the last update, and needs none to
 * change: so the lifecycle is asked, by today's inputs.
 */
export function outputsNow(
  resource: object,
  inputs: pulumi.Inputs,
  published: Promise<string[] | undefined>,
  ignored: string[],
): Outputs {
  const recorded = resource as Outputs;
  const known = (name: string) => knownIfUnset(recorded[name]);
  // In a preview of an update nothing is told of what is not an input: what is always there says so of what may be absent.
  const optional = (name: string) =>
    pulumi.all([recorded.currentCreatedAt, known(name)]).apply(([, value]) => value ?? undefined);
  const names = [...PUBLIC_INPUTS, ...OUTPUT_NAMES];
  const telling = TELLING.filter((name) => !ignored.includes(name) && !ignored.includes("*"));
  const now = pulumi.unsecret(
    pulumi
      .all([
        pulumi.all(Object.fromEntries(names.map((name) => [name, known(name)]))),
        pulumi.output(Object.fromEntries(telling.map((name) => [name, inputs[name]]))),
        recorded.currentCreatedAt,
        published,
      ])
      .apply(([olds, today, , ids]) => {
        const echo = Object.entries(pickInputs(olds)).filter(([name]) => !telling.some((asked) => asked === name));
        return shownNow(olds, pickInputs({ ...Object.fromEntries(echo), ...today }), new Date(), ids);
      }),
  );
  return {
    ...Object.fromEntries([...outputsThatAre("optional"), ...PUBLIC_INPUTS].map((name) => [name, optional(name)])),
    userArn: recorded.userArn as pulumi.Output<unknown>,
    rotationDueAt: now.apply(({ rotationDueAt }) => rotationDueAt),
    previousUntil: now.apply(({ previousUntil }) => previousUntil),
    pending: now.apply(({ pending }) => pending),
    // Said here as well, since neither mocks nor previews know a resource's secret outputs.
    ...Object.fromEntries(
      ["current", "previous", "login", "state"]
        .filter((name) => SECRETS.includes(name))
        .map((name) => [
          name,
          pulumi.secret(name === "current" ? (recorded[name] as pulumi.Output<unknown>) : optional(name)),
        ]),
    ),
  };
}
