import { killedRuns } from "../support/killedRuns";
import { hastyPlugin } from "../support/pluginStack";

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

killedRuns("the provider plugin", async () => ({ plugin: (await plugin).folder }));
