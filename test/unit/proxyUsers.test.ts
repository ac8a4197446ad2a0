import assert from "node:assert/strict";
import * as iam from "@aws-sdk/client-iam";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";
import { remember } from "../harness/secrets";

const BOUNDARY = "arn:aws:iam::123456789012:policy/limits";

describe("the fault proxy before moto", () => {
  let endpoint: Endpoint;
  let proxy: FaultProxy;
  let client: iam.IAMClient;

  before(async () => {
    endpoint = await startEndpoint();
    proxy = await startProxy(endpoint.url);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    client = new iam.IAMClient({ endpoint: proxy.url, region: "us-east-1", credentials });
  });
  after(async () => {
    client?.destroy();
    await proxy?.stop();
    await endpoint?.stop();
  });

  const user = async (UserName: string) => (await client.send(new iam.GetUserCommand({ UserName }))).User;
  const boundary = async () => (await user("two"))?.PermissionsBoundary?.PermissionsBoundaryArn;
  const noUser = { name: "NoSuchEntityException" };

  it("keeps tags and boundary of a user that is moved and renamed, as AWS does, and sets and removes a boundary", async () => {
    const Tags = [
      { Key: "team", Value: "a&b" },
      { Key: "empty", Value: "" },
    ];
    const made = { UserName: "one", Path: "/ci/", Tags, PermissionsBoundary: BOUNDARY };
    await client.send(new iam.CreateUserCommand(made));
    await client.send(new iam.UpdateUserCommand({ UserName: "one", NewUserName: "two", NewPath: "/moved/" }));
    const found = await user("two");
    assert.deepEqual([found?.Tags, found?.Path, await boundary()], [Tags, "/moved/", BOUNDARY]);
    await assert.rejects(user("one"), noUser);

    await client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName: "two" }));
    assert.equal(await boundary(), undefined);
    const bound = { UserName: "two", PermissionsBoundary: BOUNDARY };
    await client.send(new iam.PutUserPermissionsBoundaryCommand(bound));
    assert.equal(await boundary(), BOUNDARY);
    const nobody = new iam.PutUserPermissionsBoundaryCommand({ ...bound, UserName: "nobody" });
    await assert.rejects(client.send(nobody), noUser);
  });

  it("does not delete a user that has keys", async () => {
    const { AccessKey } = await client.send(new iam.CreateAccessKeyCommand({ UserName: "two" }));
    remember(AccessKey?.SecretAccessKey ?? "");
    const deletion = new iam.DeleteUserCommand({ UserName: "two" });
    const conflict = { name: "DeleteConflictException", message: /must delete access keys/ };
    await assert.rejects(client.send(deletion), conflict);
    assert.ok(await user("two"));
    await client.send(new iam.DeleteAccessKeyCommand({ UserName: "two", AccessKeyId: AccessKey?.AccessKeyId }));
    await client.send(deletion);
    await assert.rejects(user("two"), noUser);
  });
});
