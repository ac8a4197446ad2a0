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
import { ROTATION_ACTIONS } from "../../provider/functions/policy";
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
  report.same("UpdateAccessKey, which the policy does not allow", "AccessDenied, 403", await as(iam.send(inactive)));
  report.same(
    "ListAccessKeys of another user",
    "AccessDenied, 403",
    await as(iam.send(new ListAccessKeysCommand({ UserName }))),
  );
  report.same("GetAccessKeyLastUsed of another user's key", "AccessDenied, 403", await as(iam.send(keyOf)));
  iam.destroy();
  return login;
}

/** The provider's own code through a key's life, signed by the restricted user. Leaves the user without keys. */
export async function rotateAsRunner(run: Run, userArn: string, login: AccessKeyPair): Promise<void> {
  const { report } = run;
  const said: string[] = [];
  const asked = new Set<string>();
  const provider = new KeyLifecycle({
    connect: (...args) => watched(connect(...args), run, asked),
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
      report.same(`the provider: ${what}`, "done", `failed: ${error.message}`);
      throw error;
    };
    const outs = await work.catch(failed);
    const seen = `done after ${((Date.now() - start) / 1000).toFixed(1)} s`;
    report.holds(`the provider: ${what}`, "done", seen, true);
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
  report.same(
    "both keys after a rotation",
    "done and done",
    `${await run.trial(current)} and ${await run.trial(previous)}`,
  );
  const iam = run.users.guard(iamClient({ ...run.where, credentials: login }));
  const lastUse = iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: current.accessKeyId }));
  report.same("GetAccessKeyLastUsed, allowed on the user", "done", await run.answer(lastUse));
  iam.destroy();
  const third = await told("rotate, with both slots taken", update(second, inputs(3)));
  const read = await told("refresh", provider.read(third).then(outputsOf));
  report.same("a refresh finds no drift", "none", JSON.stringify(read.drift ?? "none").replaceAll('"', ""));
  await told("destroy", provider.delete(third).then(outputsOf));
  const left = await run.send(new ListAccessKeysCommand({ UserName: userArn.split("/").at(-1) }));
  report.same(
    "keys after a destroy",
    "none",
    left.AccessKeyMetadata?.map((key) => key.AccessKeyId).join(" ") || "none",
  );
  report.same("what the provider had to warn of", "nothing", said.join(" ") || "nothing");
  const isFive = [...asked].sort().join() === [...ROTATION_ACTIONS].sort().join();
  report.holds("what it asked for", "the five actions", isFive ? "the five actions" : [...asked].join(" "), isFive);
}

/** What the provider does, with an eye on the run's end and on its number of keys. */
function watched(iam: Iam, { signal, users }: Run, asked: Set<string>): Iam {
  const counted = <A extends unknown[], R>(action: string, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      signal.throwIfAborted();
      if (action.startsWith("iam:")) asked.add(action);
      return action === "iam:CreateAccessKey" ? users.countKey(() => call(...args)) : call(...args);
    };
  };
  return {
    getUser: counted("iam:GetUser", iam.getUser),
    listAccessKeys: counted("iam:ListAccessKeys", iam.listAccessKeys),
    createAccessKey: counted("iam:CreateAccessKey", iam.createAccessKey),
    deleteAccessKey: counted("iam:DeleteAccessKey", iam.deleteAccessKey),
    deactivateAccessKey: counted("iam:UpdateAccessKey", iam.deactivateAccessKey),
    writeJournal: counted("iam:TagUser", iam.writeJournal),
    lastUse: counted("iam:GetAccessKeyLastUsed", iam.lastUse),
    callerAccount: counted("sts:GetCallerIdentity", iam.callerAccount),
    tryKey: counted("sts:GetCallerIdentity", iam.tryKey),
    time: () => iam.time(),
    signer: () => iam.signer(),
  };
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
  report.holds("and has another UserId", "another one", id, id !== "" && id !== before);
  const known = await run.watch(async () => (await send(new GetUserCommand({ UserName }))).User?.UserId ?? "", id);
  report.within("which GetUser tells", seconds("newUser"), known);
}
