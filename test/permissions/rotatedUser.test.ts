import assert from "node:assert/strict";
import {
  AttachUserPolicyCommand,
  DeleteLoginProfileCommand,
  IAMClient,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListVirtualMFADevicesCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import type { Stack } from "../harness/pulumi/stack";
import { fails, isGone, stand } from "../harness/pulumi/stand";
import { Enforcing, newRotator, policyFor, type Rotator } from "./rotator";

const PROGRAM = `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
exports.id = new RotatedUser("ci", { user: { forceDestroy: true, ...JSON.parse(process.env.USER_ARGS) } }).currentAccessKeyId;
`;
const BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess";

describe("rotationPolicy with { user: true }", function () {
  this.timeout(600_000);
  const at = stand(new Enforcing());
  let stack: Stack;
  let rotator: Rotator;
  let pattern: string;

  before(async () => {
    rotator = await newRotator(at.url, "rotator");
    pattern = (await at.account("other").createUser("/")).replace("other", "ci*");
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = rotator.login;
    const env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ROTATOR_TEST_AWS_REGIME: "7" };
    // Past the proxy, which asks in words of its own, unsigned.
    stack = await at.stack(PROGRAM, { endpointUrl: at.url, hasty: false, path: [await ownAwsPlugin()], env });
  });

  const give = (user: object) => {
    stack.env.USER_ARGS = JSON.stringify(user);
  };

  it("without it the user can't be made", async () => {
    give({ name: "ci" });
    await rotator.allow(await policyFor(pattern));
    await fails(stack.tryUp(), /iam:CreateUser|CreateUser.*AccessDenied/);
  });

  it("is enough to make, tag, bound and change the user, with its keys", async () => {
    await rotator.allow(await policyFor(pattern, { user: true }));
    for (const user of [
      { name: "ci", path: "/ci/", tags: { team: "a", stage: "x" } },
      { name: "ci", path: "/ci/", tags: { team: "b" }, permissionsBoundary: BOUNDARY },
      { name: "ci", path: "/ci/", tags: { team: "b" } },
    ]) {
      give(user);
      await stack.up();
    }
    assert.equal((await at.account("ci").keys()).length, 1);
  });

  /** ministack asks its policies first, also for an action that it does not know. */
  async function isAllowed(asked: Promise<unknown>): Promise<void> {
    await asked.catch((error: Error) => assert.match(error.name, /^InvalidAction/));
  }

  it("is enough to rename the user, for what forceDestroy asks of AWS, and to delete it", async () => {
    const UserName = "ci";
    const iam = new IAMClient({ endpoint: at.url, region: "us-east-1", credentials: rotator.login });
    await isAllowed(iam.send(new UpdateUserCommand({ UserName, NewPath: "/ci/", NewUserName: "ci" })));
    await isAllowed(
      iam.send(new DeleteLoginProfileCommand({ UserName })).catch((error: Error) => {
        if (!/NoSuchEntity/.test(error.name)) throw error;
      }),
    );
    await isAllowed(iam.send(new ListVirtualMFADevicesCommand({})));
    await isAllowed(iam.send(new ListMFADevicesCommand({ UserName })));
    await isAllowed(iam.send(new ListSSHPublicKeysCommand({ UserName })));
    await isAllowed(iam.send(new ListSigningCertificatesCommand({ UserName })));
    await isAllowed(iam.send(new ListServiceSpecificCredentialsCommand({ UserName })));
    // That it would be told where a permission is missing.
    const attach = iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: BOUNDARY }));
    await assert.rejects(attach, (error: Error) => /AccessDenied/.test(error.name));
    await stack.destroy();
    await isGone(at.account("ci"));
  });
});
