import { constants } from "node:os";

/**
 * Of who ends all processes of a run at once, as systemd and Jenkins do, by one signal or several: what is under way comes to
 * its end, so that the engine can save a new key; or, if the engine is gone, so that a key that nobody has is deleted.
 */
export function endWhenIdle(provider: { idle(): Promise<void> }): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, async () => {
      await provider.idle();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
