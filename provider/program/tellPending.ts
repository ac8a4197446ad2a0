import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Pending } from "../model/pending";

/** This run of a program: what was blocked in an earlier one is not told as new. */
export const RUN = randomUUID().slice(0, 8);

/** With this status Pulumi's runner of programs says that its user has been told why; any other is told as an error of its own. */
const TOLD_ALREADY = 32;

type Resource = pulumi.Resource & { pending: pulumi.Output<Pending[]>; blockedIn?: pulumi.Output<unknown> };

/**
 * Says what is pending, at the resource, after a run; in a preview the provider has said it before, but for deactivated keys.
 * What is blocked fails no resource, and no output, but the run: a pipeline turns red. Not where this run asked for nothing, as
 * in a destroy that runs the program: after a program that fails Pulumi deletes nothing.
 */
export function tellPending(name: string, resource: Resource): void {
  const isPreview = pulumi.runtime.isDryRun();
  resource.pending.apply((pending) => {
    for (const { message, because, blocked, until } of pending ?? []) {
      if (because === "deactivated") tellDeactivated({ name, until, tell: () => info(message, resource) });
      else if (isPreview) continue;
      else if (blocked) void pulumi.log.warn(message, resource);
      else info(message, resource);
    }
  });
  if (isPreview) return;
  resource.blockedIn?.apply((run) => {
    if (run === RUN && isOwnProcess()) process.exitCode = TOLD_ALREADY;
  });
}

interface Deactivated {
  name: string;
  until: string | undefined;
  tell: () => void;
}

const deactivated: Deactivated[] = [];

/** For weeks each run would say the same of each key of a fleet: so of several one line says it, when all are known. */
function tellDeactivated(one: Deactivated): void {
  if (!isOwnProcess()) one.tell();
  else if (deactivated.push(one) === 1) process.once("beforeExit", tellAllDeactivated);
}

function tellAllDeactivated(): void {
  const [one, another] = deactivated;
  if (!another) {
    one?.tell();
    return;
  }
  const names = deactivated.map(({ name }) => name).sort();
  const [first] = deactivated.flatMap(({ until }) => until ?? []).sort();
  const deletes = first ? `the first of them goes in a run after ${first}` : "the next rotation of each deletes it";
  info(
    `${names.length} older keys are deactivated, and ${deletes}. If somebody needs one, activate it again: ${names.join(", ")}.`,
  );
}

function info(message: string, resource?: pulumi.Resource): void {
  void pulumi.log.info(message, resource);
}

/** The process of a program that the CLI runs; that of an inline program is its user's. */
function isOwnProcess(): boolean {
  return /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]|$)/.test(process.argv[1] ?? "");
}
