import * as pulumi from "@pulumi/pulumi";
import type { Pending } from "../model/pending";

/** With this status Pulumi's runner of programs says that its user has been told why; any other is told as an error of its own. */
const TOLD_ALREADY = 32;

/**
 * Says what is pending, at the resource, after a run; a preview says it before. What is blocked fails no resource, and no
 * output, but the run: a pipeline turns red.
 */
export function tellPending(resource: pulumi.Resource & { pending: pulumi.Output<Pending[]> }): void {
  if (pulumi.runtime.isDryRun()) return;
  resource.pending.apply((pending) => {
    for (const { message, blocked } of pending ?? []) {
      if (blocked) void pulumi.log.warn(message, resource);
      else void pulumi.log.info(message, resource);
    }
    if (pending?.some(({ blocked }) => blocked) && isOwnProcess()) process.exitCode = TOLD_ALREADY;
  });
}

/** The process of a program that the CLI runs; that of an inline program is its user's. */
function isOwnProcess(): boolean {
  return /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run([\\/]|$)/.test(process.argv[1] ?? "");
}
