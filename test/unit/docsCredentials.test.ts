import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SETTINGS } from "../../provider/aws/awsSettings";

describe("docs/credentials.md", () => {
  it("shows the table of settings as the code has it", () => {
    const page = readFileSync(join(__dirname, "../../docs/credentials.md"), "utf8");
    const [, table = ""] = page.split("|---|---|\n");
    const rows = Object.entries(SETTINGS).map(([name, becomes]) => `| \`${name}\` | ${becomes} |`);
    assert.equal(table.split("\n\n")[0], rows.join("\n"));
  });
});
