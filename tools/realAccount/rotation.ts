import { setTimeout as wait } from "node:timers/promises";
import {
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { Iam } from "../../provider/act/dependencies";
import { PATIENCE } from "../../provider/act/dependencies";
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
  const { report, send, users } = run;
  await users.make(run.iam, "runner", run.signal);
  const UserName = users.claim("runner");
  await run.watch(() => run.answer(send(new GetUserCommand({ UserName }))), "done", { watch: 0 });
  const document = rotationPolicy(userArn, { lastUsedGuard: true });
  const PolicyDocument = await new Promise<string>((resolve) => document.apply(resolve));
  await send(new PutUserPolicyCommand({ UserName, PolicyName: POLICY_NAME, PolicyDocument }));
  const { accessKeyId, secretAccessKey } = await run.makeKey(UserName);
  const login = { accessKeyId, secretAccessKey };

  const iam = users.guard(iamClient({ ...run.where, credentials: login }));
  const as = (work: Promise<unknown>) => run.answer(work);
  const mayRead = () => run.watch(() => as(iam.send(new GetUserCommand({ UserName: rotated }))), "done");
  const first = await mayRead();
  report.within("a new key with a new policy is accepted by IAM", seconds("newKey"), first);
  // What follows needs it for good.
  for (let last = first, more = 0; last.relapses.length > 0 && more < 3; more++) last = await mayRead();
  const keyOf = new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId });
  const inactive = new UpdateAccessKeyCommand({ UserName: rotated, AccessKeyId: accessKeyId, Status: "Inactive" });
  report.add("UpdateAccessKey, which the policy does not allow", "AccessDenied, 403", await as(iam.send(inactive)));
  report.add(
    "ListAccessKeys of another user",
    "AccessDenied, 403",
    await as(iam.send(new ListAccessKeysCommand({ UserName }))),
  );
  report.add("GetAccessKeyLastUsed of another user's key", "AccessDenied, 403", await as(iam.send(keyOf)));
  iam.destroy();
  return login;
}

/** The provider's own code through a key's life, signed by the restricted user. Leaves the user without keys. */
export async function rotateAsRunner(run: Run, userArn: string, login: AccessKeyPair): Promise<void> {
  const { report } = run;
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
  const told = async (what: string, work: Promise<Props>): Promise<Props> => {
    const start = Date.now();
    const failed = (error: Error) => {
      if (run.signal.aborted) throw run.signal.reason;
      report.add(`the provider: ${what}`, "done", `failed: ${error.message}`);
      throw error;
    };
    const outs = await work.catch(failed);
    const seen = `done after ${((Date.now() - start) / 1000).toFixed(1)} s`;
    report.add(`the provider: ${what}`, "done", seen, true);
    return outs;
  };
  const outputsOf = ({ outputs, failure }: Answer): Props => {
    if (failure) throw failure;
    const [blocked] = outputs?.pending.filter((wait) => wait.blocked) ?? [];
    if (blocked) throw new Error(blocked.message);
    return { ...outputs };
  };
  const update = (olds: Props, news: Props) => provider.update(olds, news).then(outputsOf);

  const first = await told("create", provider.create(inputs(1)).then(outputsOf));
  const second = await told("rotate", update(first, inputs(2)));
  const { current, previous } = second as { current: AccessKeyPair; previous: AccessKeyPair };
  report.add(
    "both keys after a rotation",
    "done and done",
    `${await run.trial(current)} and ${await run.trial(previous)}`,
  );
  const iam = run.users.guard(iamClient({ ...run.where, credentials: login }));
  const lastUse = iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: current.accessKeyId }));
  report.add("GetAccessKeyLastUsed, allowed on the user", "done", await run.answer(lastUse));
  iam.destroy();
  const third = await told("rotate, with both slots taken", update(second, inputs(3)));
  const read = await told("refresh", provider.read(third).then(outputsOf));
  report.add("a refresh finds no drift", "none", JSON.stringify(read.drift ?? "none").replaceAll('"', ""));
  await told("destroy", provider.delete(third).then(outputsOf));
  const left = await run.send(new ListAccessKeysCommand({ UserName: userArn.split("/").at(-1) }));
  report.add("keys after a destroy", "none", left.AccessKeyMetadata?.map((key) => key.AccessKeyId).join(" ") || "none");
  report.add("what the provider had to warn of", "nothing", said.join(" ") || "nothing");
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

/** A user deleted and made again is another one: the package tells them apart by the UserId alone. */
export async function askAboutMadeAgain(run: Run, UserName: string, before: string): Promise<void> {
  const { report, send, users } = run;
  const deleted = await run.watch(() => run.answer(send(new DeleteUserCommand({ UserName }))), "done", { watch: 0 });
  report.within("a user whose keys were just deleted can go", seconds("freedSlot"), deleted);
  let id = "";
  const make = async () => {
    id = (await users.make(run.iam, "rotated", run.signal)).id;
  };
  const made = await run.watch(() => run.answer(make()), "done", { watch: 0 });
  report.within("a user can be made again under its name", seconds("newUser"), made);
  report.add("and has another UserId", "another one", id, id !== "" && id !== before);
  const known = await run.watch(async () => (await send(new GetUserCommand({ UserName }))).User?.UserId ?? "", id);
  report.within("which GetUser tells", seconds("newUser"), known);
}
