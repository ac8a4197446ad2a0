import { join } from "node:path";
import { faultMatrix } from "../support/faultMatrix";
import { hastyPlugin } from "../support/pluginStack";

const plugin = hastyPlugin();
after(async () => (await plugin).remove());

// The core is the same; create, update and delete each have a way of their own to hand over what is half done.
faultMatrix("the provider plugin", async () => join((await plugin).folder, "plugin.js"), [
  "create on a user without keys",
  "rotate two keys",
  "delete two keys",
]);
