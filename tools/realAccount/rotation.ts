import { setTimeout as wait } from "node:timers/promises";
import {
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { type Iam, PATIENCE } from "../../provider/act/dependencies";
import type { Answer } from "../../provider/lifecycle/answer";
import type { AccessKeyPair } from "../../provider/model/accessKey";
import { rotationPolicy } from "../../provider/program/rotationPolicy";
import { POLICY_NAME } from "./ownUsers";
import { iamClient, type Run, seconds } from "./run";

// As it is built and packed.
const { KeyLifecycle } =
  require("../../dist/lifecycle/lifecycle") as typeof import("../../provider/lifecycle/lifecycle");
const { connect } = require("../../dist/aws/iam") as typeof import("../../provider/aws/iam");
const { engineAt } = require("../../dist/act/engine") as typeof import("../../provider/act/engine");

type Props = Record<string, unknown>;

/** A user that may do what `rotationPolicy` allows: @returns its key, as soon as IAM takes both. */
export async function makeRunner(run: Run, userArn: string, rotated: string): Promise<AccessKeyPair> {
  const { send, users } = run;
  await users.make(run.iam, "runner", run.signal);
  const UserName = users.claim("runner");
  await run.watch(() => run.answer(send(new GetUserCommand({ UserName }))), "done", { watch: 0 });
  const document = rotationPolicy(userArn, { lastUsedGuard: true });
  const PolicyDocument = await new Promise<string>((resolve) => document.apply(resolve));
  await send(new PutUserPolicyCommand({ UserName, PolicyName: POLICY_NAME, PolicyDocument }));
  const { accessKeyId: AccessKeyId, secretAccessKey } = await run.makeKey(UserName);
  const login = { accessKeyId: AccessKeyId, secretAccessKey };

  const iam = users.guard(iamClient({ ...run.where, credentials: login }));
  const mayRead = () => run.answer(iam.send(new GetUserCommand({ UserName: rotated })));
  const what = "a new key with a new policy is accepted by IAM";
  const first = await run.within(seconds("newKey"), what, mayRead, "done");
  // What follows needs it for good.
  for (let last = first, more = 0; last.relapses.length > 0 && more < 3; more++)
    last = await run.watch(mayRead, "done");
  const refused = (call: string, work: Promise<unknown>) => run.ask(call, "AccessDenied, 403", work);
  const inactive = new UpdateAccessKeyCommand({ UserName: rotated, AccessKeyId, Status: "Inactive" });
  await refused("UpdateAccessKey, which the policy does not allow", iam.send(inactive));
  await refused("ListAccessKeys of another user", iam.send(new ListAccessKeysCommand({ UserName })));
  const keyOf = new GetAccessKeyLastUsedCommand({ AccessKeyId });
  await refused("GetAccessKeyLastUsed of another user's key", iam.send(keyOf));
  iam.destroy();
  return login;
}

/** The provider's own code through a key's life, signed by the restricted user. Leaves the user without keys. */
export async function rotateAsRunner(run: Run, userArn: string, login: AccessKeyPair): Promise<void> {
  const said: string[] = [];
  const provider = new KeyLifecycle({
    connect: (...args) => watched(connect(...args), run),
    clock: { now: () => new Date(), sleep: (ms) => wait(ms, undefined, { signal: run.signal }) },
    patience: PATIENCE,
    engine: engineAt(undefined),
    env: { AWS_REGION: run.where.region },
    say: (line) => void said.push(line),
  });
  const inputs = (rotationTrigger: number) => ({ userArn, login, rotationTrigger, journalOwner: "real-account-test" });
  const told = async (what: string, work: Promise<Answer>): Promise<Props> => {
    const start = Date.now();
    try {
      const { outputs, failure } = await work;
      if (failure) throw failure;
      const blocked = outputs?.pending.find((pending) => pending.blocked);
      if (blocked) throw new Error(blocked.message);
      run.add(`the provider: ${what}`, "done", `done after ${((Date.now() - start) / 1000).toFixed(1)} s`, true);
      return { ...outputs };
    } catch (error) {
      if (run.signal.aborted) throw run.signal.reason;
      run.add(`the provider: ${what}`, "done", `failed: ${(error as Error).message}`);
      throw error;
    }
  };

  const first = await told("create", provider.create(inputs(1)));
  const second = await told("rotate", provider.update(first, inputs(2)));
  const { current, previous } = second as { current: AccessKeyPair; previous: AccessKeyPair };
  const trials = `${await run.trial(current)} and ${await run.trial(previous)}`;
  run.add("both keys after a rotation", "done and done", trials);
  const iam = run.users.guard(iamClient({ ...run.where, credentials: login }));
  const lastUse = iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: current.accessKeyId }));
  await run.ask("GetAccessKeyLastUsed, allowed on the user", "done", lastUse);
  iam.destroy();
  const third = await told("rotate, with both slots taken", provider.update(second, inputs(3)));
  const read = await told("refresh", provider.read(third));
  run.add("a refresh finds no drift", "none", JSON.stringify(read.drift ?? "none").replaceAll('"', ""));
  await told("destroy", provider.delete(third));
  const left = await run.send(new ListAccessKeysCommand({ UserName: userArn.split("/").at(-1) }));
  run.add("keys after a destroy", "none", left.AccessKeyMetadata?.map((key) => key.AccessKeyId).join(" ") || "none");
  run.add("what the provider had to warn of", "nothing", said.join(" ") || "nothing");
}

/** What the provider does, with an eye on the run's end and on its number of keys. */
function watched(iam: Iam, { signal, users }: Run): Iam {
  return new Proxy(iam, {
    get(target, name: keyof Iam) {
      signal.throwIfAborted();
      if (name === "createAccessKey") return () => users.countKey(() => target.createAccessKey());
      return target[name].bind(target);
    },
  });
}
