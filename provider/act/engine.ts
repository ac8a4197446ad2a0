import { randomBytes } from "node:crypto";
import { connect } from "node:net";

/** The Pulumi engine that asked for an operation. */
export interface Engine {
  /** A short random id. */
  newId(): string;
  /** Whether nobody is left to save a result, since the engine was killed. */
  isGone(): Promise<boolean>;
  /** Ends this process, which works for nobody any more. */
  leave(): void;
}

/** @param address where the engine listens, as it tells a provider's process; without it, it is never gone */
export function engineAt(address: string | undefined): Engine {
  return {
    newId: () => randomBytes(4).toString("hex"),
    async isGone() {
      if (!(await isDeaf(address))) return false;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isDeaf(address);
    },
    leave: () => process.exit(1),
  };
}

/** The engine listens as long as it lives. Only a refused connection tells that it does not: others fail here, on this machine. */
function isDeaf(address: string | undefined): Promise<boolean> {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(address ?? "") ?? [];
  if (!host || !port) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/[[\]]/g, ""), port: Number(port), timeout: 2_000 });
    const end = (deaf: boolean) => {
      socket.destroy();
      resolve(deaf);
    };
    socket.on("connect", () => end(false)).on("timeout", () => end(false));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED"));
  });
}
