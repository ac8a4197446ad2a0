import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Pending } from "../model/pending";

/** This run of a program: what was blocked in an earlier one is not told as new. */
export const RUN = randomUUID().slice(0, 8);

/** With this status Pulumi's runner of programs says that its user has been told why; any other is told as an error of its own. */
const TOLD_ALREADY = 32;

type Resource = pulumi.Resource & { pending: pulumi.Output<Pending[]>; blockedIn?: pulumi.Output<unknown> };

/**
 * Says what is pending, at the resource, after a run; a preview says it before. What is blocked fails no resource, and no
 * output, but the run: a pipeline turns red. Not where this run asked for nothing, as in a destroy that runs the program:
 * after a program that fails Pulumi deletes nothing.
 */
export function tellPending(resource: Resource): void {
  if (pulumi.runtime.isDryRun()) return;
  pulumi.all([resource.pending, resource.blockedIn]).apply(([pending, blockedIn]) => {
    for (const { message, blocked } of pending ?? []) {
      if (blocked) void pulumi.log.warn(message, resource);
      else void pulumi.log.info(message, resource);
    }
    if (blockedIn === RUN && isOwnProcess()) process.exitCode = TOLD_ALREADY;
  });
}

/** The process of a program that the CLI runs; that of an inline program is its user's. */
function isOwnProcess(): boolean {
  return /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]|$)/.test(process.argv[1] ?? "");
}
