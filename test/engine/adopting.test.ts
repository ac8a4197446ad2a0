import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleKind, transpileModule } from "typescript";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { ensureBuilt, ROOT } from "../harness/dist";
import { Stack } from "../harness/pulumi/stack";
import { secretsIn } from "../harness/secrets";

const [, program = "", commands = ""] =
  /```ts\n([\s\S]*?)```[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "docs/adopting.md"), "utf8")) ?? [];

describe("docs/adopting.md, by its program and its commands", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let stack: Stack;
  before(async () => {
    ensureBuilt();
    endpoint = await startEndpoint();
  });
  after(async () => {
    stack?.remove();
    await endpoint?.stop();
  });

  it("adopts both keys, makes none, shows their ids and no secret", async () => {
    const [, userArn = ""] = /userArn: "(.+)"/.exec(program) ?? [];
    const account = new Account(endpoint.url, "legacy");
    assert.equal(await account.createUser("/"), userArn);
    const [older, newer] = [await account.addKey(), await account.addKey()];
    const compilerOptions = { module: ModuleKind.CommonJS };
    const { outputText } = transpileModule(program.replace("AKIAIOSFODNN7EXAMPLE", older.accessKeyId), {
      compilerOptions,
    });
    stack = await Stack.create({ endpointUrl: endpoint.url, program: outputText, hasty: true });

    const values: Record<string, string> = { keyId: newer.accessKeyId, keySecret: newer.secretAccessKey };
    const settings = [...commands.matchAll(/^npx pulumi config set (--secret )?(\w+)/gm)];
    assert.equal(settings.length, 2);
    for (const [, secret = "", name = ""] of settings) {
      await stack.must("config", "set", ...(secret ? ["--secret"] : []), name, values[name] ?? "");
    }
    await stack.up();
    assert.deepEqual((await account.keys()).map(({ id }) => id).sort(), [older.accessKeyId, newer.accessKeyId].sort());
    // An id that was a secret of the configuration would be masked in this line.
    stack.write(outputText.replace("state: {", "rotationTrigger: 1, state: {"));
    assert.match(await stack.preview(), new RegExp(`keeps ${newer.accessKeyId} valid as previous`));
    assert.deepEqual(secretsIn(stack.printed), []);
    assert.deepEqual(secretsIn(stack.stateText()), []);
  });
});
