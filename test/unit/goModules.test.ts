import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version of each Go module that a go.mod asks for. */
function versions(module: string): Map<string, string> {
  const text = readFileSync(join(__dirname, "../harness/pulumi", module, "go.mod"), "utf8");
  return new Map(
    [...text.matchAll(/^\s*(\S+\/\S+) (v\S+)(?: \/\/ indirect)?$/gm)].map(([, name = "", at = ""]) => [name, at]),
  );
}

describe("the Go modules of the CLI and of the aws plugin", () => {
  it("agree on versions, so that a machine which builds both compiles what they share once", () => {
    const cli = versions("engine/cli");
    const shared = [...versions("aws-plugin")].filter(([name]) => cli.has(name));
    assert.ok(shared.length > 80, `${shared.length} in both`);
    const other = shared.filter(([name, version]) => cli.get(name) !== version).map(([name]) => name);
    // The bridge does not compile with the CLI's own packages, which are newer, and wants a newer cty.
    assert.deepEqual(other.sort(), [
      "github.com/pulumi/inflector",
      "github.com/pulumi/pulumi/pkg/v3",
      "github.com/pulumi/pulumi/sdk/v3",
      "github.com/zclconf/go-cty",
    ]);
  });
});
