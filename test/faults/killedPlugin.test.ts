import { killedRuns } from "../support/killedRuns";
import { hastyPlugin } from "../support/pluginStack";

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

// The core is the same; what differs is how a plugin ends with its engine, and what that then does.
killedRuns("the provider plugin", async () => ({ plugin: (await plugin).folder }), { killsOnly: true });
