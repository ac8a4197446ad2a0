import { join } from "node:path";
import { faultMatrix } from "../support/faultMatrix";
import { hastyPlugin } from "../support/pluginStack";

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

faultMatrix("the provider plugin", async () => join((await plugin).folder, "plugin.js"));
