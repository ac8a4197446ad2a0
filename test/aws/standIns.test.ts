import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as iam from "@aws-sdk/client-iam";
import type { Iam } from "../../provider/act/dependencies";
import { connect } from "../../provider/aws/iam";
import { IamError } from "../../provider/model/errors";
import { Account } from "../harness/aws/account";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { FakeClock, MemoryIam } from "../harness/aws/memoryIam";
import { ROOT, startMinistack } from "../harness/aws/ministack";
import { type FaultProxy, startProxy } from "../harness/aws/proxy";

/** What AWS answers, as its documentation says, in the words of the provider. `npm run test:aws` asks a real account the same. */
const CONTRACT: [question: string, answer: string][] = [
  ["a user that is not there", "noSuchEntity, noSuchEntity, noSuchEntity"],
  ["a new user", "0 keys, no journal"],
  ["a new key", "listed Active, of a whole second, accepted"],
  ["a wrong secret", "SignatureDoesNotMatch"],
  ["a key that never was", "InvalidClientTokenId, noSuchEntity, noSuchEntity"],
  ["two keys", "oldest first"],
  ["a third key", "limitExceeded"],
  ["a key that was never used", "no use"],
  ["a deactivated key", "Inactive, InvalidClientTokenId, done again"],
  ["a deleted key", "InvalidClientTokenId, noSuchEntity, its slot is free"],
  ["a journal", "as written, as written, refused, as written"],
];

type Ask = Record<string, () => Promise<string[]>>;

/** Asks in order, each question of what those before it left. */
function questions(iam: Iam, nobody: Iam, nextSecond: () => Promise<unknown>): Ask {
  const key = { first: {} as never, second: {} as never } as Record<
    "first" | "second",
    Awaited<ReturnType<Iam["createAccessKey"]>>
  >;
  const stranger = { accessKeyId: "AKIAQWERTYUIOPASDFGH", secretAccessKey: "x".repeat(40) };
  const answer = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error) => (error instanceof IamError ? error.kind : Promise.reject(error)),
    );
  const trial = async (pair: typeof stranger) => {
    const said = await iam.tryKey(pair);
    return said.accepted ? "accepted" : said.code;
  };
  const statusOf = async (id: string) => (await iam.listAccessKeys()).find((at) => at.accessKeyId === id);
  return {
    "a user that is not there": async () => [
      await answer(nobody.getUser()),
      await answer(nobody.listAccessKeys()),
      await answer(nobody.createAccessKey()),
    ],
    "a new user": async () => [
      `${(await iam.listAccessKeys()).length} keys`,
      (await iam.getUser()).journal ?? "no journal",
    ],
    "a new key": async () => {
      key.first = await iam.createAccessKey();
      const listed = await statusOf(key.first.accessKeyId);
      const isWhole = listed?.createdAt === key.first.createdAt && /T[\d:]{8}Z$/.test(key.first.createdAt);
      return [
        `listed ${listed?.status}`,
        isWhole ? "of a whole second" : `of ${listed?.createdAt}`,
        await trial(key.first),
      ];
    },
    "a wrong secret": async () => [await trial({ ...key.first, secretAccessKey: stranger.secretAccessKey })],
    "a key that never was": async () => [
      await trial(stranger),
      await answer(iam.deleteAccessKey(stranger.accessKeyId)),
      await answer(iam.deactivateAccessKey(stranger.accessKeyId)),
    ],
    "two keys": async () => {
      await nextSecond();
      key.second = await iam.createAccessKey();
      const ids = (await iam.listAccessKeys()).map(({ accessKeyId }) => accessKeyId);
      return [ids.join() === [key.first.accessKeyId, key.second.accessKeyId].join() ? "oldest first" : ids.join()];
    },
    "a third key": async () => [await answer(iam.createAccessKey())],
    "a key that was never used": async () => [(await iam.lastUse(key.second.accessKeyId)) ? "a use" : "no use"],
    "a deactivated key": async () => {
      const id = key.first.accessKeyId;
      await iam.deactivateAccessKey(id);
      const status = (await statusOf(id))?.status ?? "not listed";
      return [status, await trial(key.first), `${await answer(iam.deactivateAccessKey(id))} again`];
    },
    "a deleted key": async () => {
      const id = key.first.accessKeyId;
      await iam.deleteAccessKey(id);
      const [tried, again, more] = [
        await trial(key.first),
        await answer(iam.deleteAccessKey(id)),
        await answer(iam.createAccessKey()),
      ];
      return [tried, again, more === "done" ? "its slot is free" : more];
    },
    "a journal": async () => {
      const written = async (value: string) => {
        const end = await answer(iam.writeJournal(value));
        return end !== "done" ? end : (await iam.getUser()).journal === value ? "as written" : "otherwise";
      };
      const full = "aZ09 _.:/=+-@".repeat(20).slice(0, 256);
      return [await written("v1 one"), await written(full), await written(`${full}x`), await written("v1 two")];
    },
  };
}

const KINDER = "as written, as written, as written, as written";
/** Where one answers otherwise than AWS: what is tested against it alone does not show these. */
const OTHERWISE: Record<string, Record<string, string>> = {
  "in memory": {},
  "moto behind the fault proxy": {
    "a wrong secret": "accepted",
    "a key that never was": "accepted, noSuchEntity, noSuchEntity",
    "a deactivated key": "Inactive, accepted, done again",
    "a journal": KINDER,
  },
  ministack: {
    "a user that is not there": "noSuchEntity, done, noSuchEntity",
    "a third key": "done",
    "a journal": KINDER,
  },
};

describe("what stands for IAM answers as AWS does", function () {
  this.timeout(60_000);
  let moto: Endpoint;
  let proxy: FaultProxy;
  let ministack: Awaited<ReturnType<typeof startMinistack>>;
  before(async () => {
    [moto, ministack] = await Promise.all([startEndpoint(), startMinistack()]);
    proxy = await startProxy(moto.url);
    proxy.refuseDeletedKeys();
  });
  after(async () => {
    await proxy?.stop();
    await Promise.all([moto?.stop(), ministack?.stop()]);
  });

  const overHttp = async (url: string): Promise<[Iam, Iam]> => {
    await new Account(url, "asked", ROOT).createUser();
    const of = (userName: string) =>
      connect({ partition: "aws", accountId: "123456789012", userName }, "us-east-1", {
        credentials: { login: ROOT },
        connection: { iamEndpoint: url, stsEndpoint: url },
      });
    return [of("asked"), of("nobody")];
  };
  const WORLDS: Record<string, () => Promise<[Iam, Iam, () => Promise<unknown>]>> = {
    "in memory": async () => {
      const clock = new FakeClock();
      const nobody = new MemoryIam(clock);
      nobody.exists = false;
      return [new MemoryIam(clock), nobody, () => clock.sleep(1_000)];
    },
    "moto behind the fault proxy": async () => [...(await overHttp(proxy.url)), () => sleep(1_100)],
    ministack: async () => [...(await overHttp(ministack.url)), () => sleep(1_100)],
  };

  it("moto as it is run here: a user's keys hold up its deletion, and with another name it keeps tags and boundary", async () => {
    const client = new iam.IAMClient({ endpoint: moto.url, region: "us-east-1", credentials: ROOT });
    const [one, two] = [{ UserName: "one" }, { UserName: "two" }];
    const Tags = [{ Key: "team", Value: "a&b" }];
    const boundary = { PermissionsBoundary: "arn:aws:iam::123456789012:policy/limits" };
    const found = async () => {
      const { User } = await client.send(new iam.GetUserCommand(two));
      return [User?.Tags, User?.Path, User?.PermissionsBoundary?.PermissionsBoundaryArn];
    };
    await client.send(new iam.CreateUserCommand({ ...one, Tags, ...boundary }));
    await client.send(new iam.UpdateUserCommand({ ...one, NewUserName: "two", NewPath: "/moved/" }));
    assert.deepEqual(await found(), [Tags, "/moved/", boundary.PermissionsBoundary]);
    await client.send(new iam.DeleteUserPermissionsBoundaryCommand(two));
    assert.deepEqual(await found(), [Tags, "/moved/", undefined]);
    await client.send(new iam.PutUserPermissionsBoundaryCommand({ ...two, ...boundary }));
    assert.deepEqual(await found(), [Tags, "/moved/", boundary.PermissionsBoundary]);
    const account = new Account(moto.url, "two", ROOT);
    const { accessKeyId } = await account.addKey();
    await assert.rejects(client.send(new iam.DeleteUserCommand(two)), { name: "DeleteConflictException" });
    assert.deepEqual(await account.ids(), [accessKeyId]);
    await account.deleteUser();
    await assert.rejects(found(), { name: "NoSuchEntityException" });
    client.destroy();
  });

  for (const [world, make] of Object.entries(WORLDS)) {
    it(world, async () => {
      const ask = questions(...(await make()));
      const seen: Record<string, string> = {};
      for (const [question, answer] of CONTRACT) {
        const said = ((await ask[question]?.()) ?? []).join(", ");
        if (said !== answer) seen[question] = said;
      }
      assert.deepEqual(seen, OTHERWISE[world]);
    });
  }
});
