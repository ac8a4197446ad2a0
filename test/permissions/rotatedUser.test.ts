import assert from "node:assert/strict";
import {
  AttachUserPolicyCommand,
  DeleteLoginProfileCommand,
  GetUserCommand,
  IAMClient,
  ListMFADevicesCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  ListVirtualMFADevicesCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import { Account } from "../harness/aws/account";
import { ROOT, startMinistack } from "../harness/aws/ministack";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import { Stack } from "../harness/pulumi/stack";
import { newRotator, policyFor, type Rotator } from "./rotator";

const PROGRAM = `
const { RotatedUser } = require("pulumi-aws-iam-rotator/user");
exports.id = new RotatedUser("ci", { user: { forceDestroy: true, ...JSON.parse(process.env.USER_ARGS) } }).currentAccessKeyId;
`;
const BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess";

describe("rotationPolicy with { user: true }", function () {
  this.timeout(600_000);
  let ministack: Awaited<ReturnType<typeof startMinistack>>;
  let stack: Stack;
  let rotator: Rotator;
  let pattern: string;

  before(async () => {
    ministack = await startMinistack();
    rotator = await newRotator(ministack.url, "rotator");
    pattern = (await new Account(ministack.url, "other", ROOT).createUser("/")).replace("other", "ci*");
    stack = await Stack.create({
      program: PROGRAM,
      endpointUrl: ministack.url,
      path: [await ownAwsPlugin()],
      env: {
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: rotator.login.accessKeyId,
        AWS_SECRET_ACCESS_KEY: rotator.login.secretAccessKey,
        ROTATOR_TEST_AWS_REGIME: "7",
      },
    });
  });
  after(async () => {
    stack?.remove();
    await ministack?.stop();
  });

  const give = (user: object) => {
    stack.env.USER_ARGS = JSON.stringify(user);
  };

  it("without it the user can't be made", async () => {
    give({ name: "ci" });
    await rotator.allow(await policyFor(pattern));
    const { code, text } = await stack.tryUp();
    assert.notEqual(code, 0);
    assert.match(text, /iam:CreateUser|CreateUser.*AccessDenied/);
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
    assert.equal((await new Account(ministack.url, "ci", ROOT).keys()).length, 1);
  });

  /** ministack asks its policies first, also for an action that it does not know. */
  async function isAllowed(asked: Promise<unknown>): Promise<void> {
    await asked.catch((error: Error) => assert.match(error.name, /^InvalidAction/));
  }

  it("is enough to rename the user, for what forceDestroy asks of AWS, and to delete it", async () => {
    const UserName = "ci";
    const iam = new IAMClient({ endpoint: ministack.url, region: "us-east-1", credentials: rotator.login });
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
    const root = new IAMClient({ endpoint: ministack.url, region: "us-east-1", credentials: ROOT });
    await assert.rejects(root.send(new GetUserCommand({ UserName })), (error: Error) =>
      /NoSuchEntity/.test(error.name),
    );
  });
});
