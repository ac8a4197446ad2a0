import { constants } from "node:os";

/** Only Pulumi's host of dynamic providers: another process that loads this provider decides for itself. */
function isHost(): boolean {
  return /[\\/]dynamic-provider([\\/]|$)/.test(process.argv[1] ?? "");
}

/**
 * Of who ends all processes of a run at once, as systemd and Jenkins do, by one signal or several: what is under way comes to
 * its end, so that the engine can save a new key; or, if the engine is gone, so that a key that nobody has is deleted.
 */
export function endWhenIdle(provider: { idle(): Promise<void> }): void {
  if (!isHost()) return;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, async () => {
      await provider.idle();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
