import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, startMinistack } from "../../tools/ministack";
import { Account } from "../support/account";
import { installPacked } from "../support/packed";
import { Stack } from "../support/stack";
import { newRotator, policyFor } from "./rotator";

const PROGRAM = `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
for (const [name, userArn] of Object.entries(JSON.parse(process.env.USERS))) new RotatedAccessKey(name, { userArn });
`;

describe("rotationPolicy for several users", function () {
  this.timeout(300_000);
  let ministack: Awaited<ReturnType<typeof startMinistack>>;
  let stack: Stack;

  before(async () => {
    ministack = await startMinistack();
  });
  after(async () => {
    stack?.remove();
    await ministack?.stop();
  });

  it("is enough for each of them, and for no other user of the account", async () => {
    const names = { plain: "plain", odd: "MiXed+=,.@_-Case", other: "plain2" };
    const accounts = Object.values(names).map((name) => new Account(ministack.url, name, ROOT));
    const [plain = "", odd = "", other = ""] = await Promise.all(accounts.map((account) => account.createUser("/")));
    const { login, allow } = await newRotator(ministack.url, "rotator");
    await allow(await policyFor([plain, odd]));
    stack = await Stack.create({
      program: PROGRAM,
      endpointUrl: ministack.url,
      env: {
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: login.accessKeyId,
        AWS_SECRET_ACCESS_KEY: login.secretAccessKey,
        USERS: JSON.stringify({ plain, odd, other }),
      },
    });
    await installPacked(join(stack.folder, "node_modules"));
    const counts = async () => Promise.all(accounts.map(async (account) => (await account.keys()).length));

    const { code, text } = await stack.tryUp("--continue-on-error");
    assert.notEqual(code, 0);
    assert.match(text, /Can't make access keys for \S+:user\/plain2: iam:\w+ failed with AccessDenied/);
    assert.match(text, /Allow iam:(GetUser|ListAccessKeys) on arn:aws:iam::\d{12}:user\/plain2 \(rotationPolicy\(\)/);
    assert.doesNotMatch(text, /Can't [^\n]*user\/(plain|MiXed[^:]*):/);
    assert.deepEqual(await counts(), [1, 1, 0]);

    await allow(await policyFor([plain, odd, other]));
    await stack.up();
    assert.deepEqual(await counts(), [1, 1, 1]);
    await stack.destroy();
    assert.deepEqual(await counts(), [0, 0, 0]);
  });
});
