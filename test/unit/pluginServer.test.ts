import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as grpc from "@grpc/grpc-js";

import pb = require("@pulumi/pulumi/proto/provider_pb");

import { EngineLog } from "../../provider/act/engineLog";
import { parseUserArn } from "../../provider/model/userArn";
import { AccessKeyMount } from "../../provider/plugin/keys";
import { serviceFor } from "../../provider/plugin/server";
import { type Bag, containsSecret, fromStruct, toStruct } from "../../provider/plugin/wire";
import { Calls, pluginWorld } from "../../provider/plugin/world";

const engine = { newId: () => "0", isGone: async () => false, leave: () => {} };
const user = parseUserArn("arn:aws:iam::123456789012:user/ci") ?? assert.fail();

/** A plugin's calls, and the world in which they act. */
function plugin() {
  const calls = new Calls(new EngineLog(grpc));
  return { calls, world: pluginWorld(calls, engine) };
}

/** What the plugin answers to one call of the engine's. */
function ask<Reply>(name: string, request: unknown): Promise<Reply> {
  const { calls, world } = plugin();
  const service = serviceFor(new AccessKeyMount(world), calls, new EngineLog(grpc));
  const method = service[name] as (call: unknown, answer: grpc.sendUnaryData<Reply>) => void;
  return new Promise((resolve, reject) =>
    method({ request }, (error, reply) => (error ? reject(new Error(error.details)) : resolve(reply as Reply))),
  );
}

describe("what the plugin answers to the engine", () => {
  it("keeps secret what a provider of it signs with, an OIDC token included", async () => {
    const role = { roleArn: "arn:aws:iam::123456789012:role/ci", webIdentityToken: "a token" };
    const settings: Bag = {
      accessKey: "AKIA",
      secretKey: "a secret",
      token: "a session's",
      httpProxy: "http://me:mine@proxy",
      httpsProxy: "http://me:mine@proxy",
      assumeRoleWithWebIdentity: role,
    };
    for (const passed of [role, JSON.stringify(role)]) {
      const request = new pb.CheckRequest();
      request.setNews(toStruct({ ...settings, assumeRoleWithWebIdentity: passed, region: "eu-west-1" }));
      const checked = fromStruct((await ask<pb.CheckResponse>("checkConfig", request)).getInputs());
      const open = Object.keys(checked).filter((name) => !containsSecret(checked[name]));
      assert.deepEqual(open, ["region"]);
    }
  });

  it("makes no key, and begins nothing, once the engine has asked to end; what comes later is not concerned", async () => {
    const { calls, world } = plugin();
    const connect = () => world.connect(user, "us-east-1", { credentials: {}, connection: {} });
    await calls.run("urn", async () => {
      const iam = connect();
      calls.cancel();
      await assert.rejects(() => iam.createAccessKey(), /the operation was cancelled/);
      assert.throws(connect, /the operation was cancelled/);
    });
    await calls.run("urn", async () => connect());
  });

  it("waits no longer for an answer of AWS's, once the engine has asked to end", async () => {
    const { calls, world } = plugin();
    const silent = createServer(() => calls.cancel()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const iamEndpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const login = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "of nobody" };
    const iam = world.connect(user, "us-east-1", { credentials: { login }, connection: { iamEndpoint } });
    try {
      await assert.rejects(calls.run("urn", iam.getUser), /the operation was cancelled/);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it("warns of nothing where many keys wait at once, also after a cancel", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    try {
      const { calls, world } = plugin();
      for (let round = 0; round < 2; round++) {
        const waits = Array.from({ length: 40 }, () => calls.run("urn", () => world.clock.sleep(60_000)));
        const ended = Promise.allSettled(waits);
        await new Promise(setImmediate);
        calls.cancel();
        await ended;
      }
      assert.deepEqual(warnings, []);
    } finally {
      process.off("warning", note);
    }
  });

  it("loses no result over a line that can't be said", async () => {
    class Mute extends EngineLog {
      override say = () => Promise.reject(new Error("nobody listens"));
    }
    const calls = new Calls(new Mute(grpc));
    const work = async () => {
      calls.say("a line");
      return "done";
    };
    assert.equal(await calls.run("urn", work), "done");
  });

  it("names a bad input in the reason alone: of a property the engine would print the value", async () => {
    const secretAccessKey = "wJalrXUtnFEMIKK7MDENGKbPxRfiCYEXAMPLEKEY";
    const check = new pb.CheckRequest();
    check.setUrn("urn:pulumi:dev::program::aws-iam-rotator:index:RotatedAccessKey::ci");
    check.setNews(toStruct({ userArn: "arn:aws:iam::123456789012:user/ci", login: { accessKeyId: secretAccessKey } }));
    const failures = (await ask<pb.CheckResponse>("check", check)).getFailuresList();
    assert.deepEqual(
      failures.map((failure) => failure.getReason().split(":")[0]),
      ["login.accessKeyId", "login.secretAccessKey"],
    );
    for (const failure of failures) {
      assert.equal(failure.getProperty(), "");
      assert.ok(!failure.getReason().includes(secretAccessKey));
    }
  });

  it("takes no resource that it does not know for one of its own", async () => {
    const check = new pb.CheckRequest();
    check.setUrn("urn:pulumi:dev::program::my:Parent$aws-iam-rotator:index:RotatedPassword::ci");
    check.setNews(toStruct({ userArn: "arn:aws:iam::123456789012:user/ci" }));
    await assert.rejects(() => ask("check", check), /There is no resource aws-iam-rotator:index:RotatedPassword/);
    check.setUrn("urn:pulumi:dev::program::my:Parent$aws-iam-rotator:index:RotatedAccessKey::ci");
    await ask("check", check);
    const made = new pb.ConstructRequest();
    made.setType("aws-iam-rotator:index:RotatedGroup");
    await assert.rejects(() => ask("construct", made), /There is no resource aws-iam-rotator:index:RotatedGroup/);
  });

  for (const [name, inputs] of Object.entries({
    journalOwner: { journalOwner: "0123456789ab" },
    run: { run: { published: [] } },
    userArn: { userArn: "arn:aws:iam::123456789012:user/ci" },
    nmae: { user: { nmae: "ci" } },
  })) {
    it(`makes no RotatedUser with ${name}, by its name, and asks the engine for nothing`, async () => {
      const made = new pb.ConstructRequest();
      made.setType("aws-iam-rotator:index:RotatedUser");
      made.setName("deploy");
      made.setInputs(toStruct(inputs));
      await assert.rejects(ask("construct", made), new RegExp(`RotatedUser deploy: .* has ${name}, which`));
    });
  }
});
