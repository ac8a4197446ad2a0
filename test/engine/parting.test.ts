import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Users } from "../support/userStack";

const PAGE = readFileSync(resolve(__dirname, "../../docs/how-it-works.md"), "utf8");
/** The URNs of the page's commands, for the stack `dev` of the project `program`. */
const urns = [...PAGE.matchAll(/pulumi state delete '(urn:[^']+)'/g)].map(([, urn = ""]) =>
  urn.replace("STACK", "dev").replace("PROJECT", "program"),
);

const both = (arn: string) => `
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
const retainOnDelete = Boolean(process.env.RETAIN);
new RotatedAccessKey("ci", { userArn: ${JSON.stringify(arn)} }, { retainOnDelete });
new RotatedUser("deploy", { user: { name: "parted", forceDestroy: true } }, { retainOnDelete });
`;

describe("the parting of ways, by the commands of docs/how-it-works.md", function () {
  this.timeout(300_000);
  let users: Users;
  before(async () => {
    users = await Users.start();
  });
  after(() => users?.stop());

  it("when the package is gone, both resources leave the state, and the users keep their keys", async () => {
    assert.equal(urns.length, 2, "one command for each resource");
    const [ofKey = "", ofUser = ""] = urns;
    const ci = users.account("ci");
    const { stack } = await users.stack("7", both(await ci.createUser()));
    await stack.up();
    const before = [await ci.keys(), await users.account("parted").keys()];
    stack.write("module.exports = {};");
    await stack.must("state", "delete", ofKey.replace("NAME", "ci"), "--yes", "--stack", "dev");
    const component = ofUser.replace("NAME", "deploy");
    await stack.must("state", "delete", component, "--target-dependents", "--yes", "--stack", "dev");
    await stack.up();
    await stack.destroy();
    assert.deepEqual([await ci.keys(), await users.account("parted").keys()], before);
    assert.ok(before.every((keys) => keys.length === 1));
  });

  it("while the package is there, retainOnDelete lets go of both", async () => {
    const ci = users.account("ci-2");
    const { stack } = await users.stack("7", both(await ci.createUser()).replace("parted", "parted-2"));
    await stack.up();
    const before = [await ci.keys(), await users.account("parted-2").keys()];
    stack.env.RETAIN = "1";
    await stack.up();
    stack.write("module.exports = {};");
    await stack.up();
    assert.deepEqual([await ci.keys(), await users.account("parted-2").keys()], before);
    assert.ok(before.every((keys) => keys.length === 1));
  });
});
