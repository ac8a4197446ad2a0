import * as pulumi from "@pulumi/pulumi";
import { INTERNAL_INPUTS, PUBLIC_INPUTS, ROTATED_USER_INPUTS, USER_INPUTS } from "../model/inputs";
import { refusal } from "./refusal";

type Args = Record<string, unknown>;
const TAKES = ["user", ...ROTATED_USER_INPUTS];

/**
 * In plain JavaScript anything can be passed. What check would never see is refused here: an output in the place of all
 * inputs, and the names that the class uses itself, since it would overwrite them.
 * @throws RunError
 */
export function refuseArgs(resource: string, args: object | undefined, takes: readonly string[] = PUBLIC_INPUTS): void {
  if (typeof args !== "object" || args === null || pulumi.Output.isInstance(args) || args instanceof Promise) {
    throw refusal(`${resource}: its inputs must be an object of ${takes.join(", ")}, each of which may be an output.`);
  }
}

/** @param props what the class makes of them */
export function refuseOverwritten(resource: string, args: object, props: Args): void {
  const internal: readonly string[] = INTERNAL_INPUTS;
  refuseNames(resource, args, PUBLIC_INPUTS, ([name, value]) => props[name] !== value || internal.includes(name));
}

/** The user is made before its keys are checked: here every other name is refused. */
export function refuseUserArgs(resource: string, args: object): void {
  refuseArgs(resource, args, TAKES);
  refuseNames(resource, args, TAKES, () => true);
  const { user = {} } = args as { user?: object };
  refuseArgs(`${resource}, user`, user, USER_INPUTS);
}

function refuseNames(
  resource: string,
  args: object,
  takes: readonly string[],
  isRefused: (arg: [string, unknown]) => boolean,
): void {
  const others = Object.entries(args).filter(([name, value]) => value !== undefined && !takes.includes(name));
  const refused = others.filter(isRefused).map(([name]) => name);
  if (refused.length > 0) {
    throw refusal(`${resource}: there is no input ${refused.join(", ")}; it takes ${takes.join(", ")}.`);
  }
}
