import { randomBytes } from "node:crypto";
import {
  GetUserCommand,
  ListAccessKeysCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
  type User,
} from "@aws-sdk/client-iam";
import { type MadeKey, type Run, seconds } from "./run";

const REFUSED = "InvalidClientTokenId, 403";
const NOT_THERE = "NoSuchEntity, 404";
const TAG = "rotator-test";

/** What a user is to AWS, from its first moment. */
export async function askAboutUsers(run: Run, UserName: string, made: { arn: string; id: string }): Promise<void> {
  const { report, send } = run;
  const known = await run.watch(() => run.answer(send(new GetUserCommand({ UserName }))), "done");
  report.within("a new user is known to GetUser", seconds("newUser"), known);
  const { User } = await send(new GetUserCommand({ UserName }));
  const [arn, id] = [User?.Arn ?? "", User?.UserId ?? ""];
  const isSame = arn === made.arn && id === made.id && /^AID[A-Z0-9]{13,}$/.test(id);
  report.add("the ARN and the UserId of GetUser", "AID…, as of CreateUser", `${id}, ${arn}`, isSame);
  const nobody = { UserName: run.users.claim("nobody") };
  report.add("GetUser of an unknown user", NOT_THERE, await run.answer(send(new GetUserCommand(nobody))));
  report.add("ListAccessKeys of an unknown user", NOT_THERE, await run.answer(send(new ListAccessKeysCommand(nobody))));
}

/** A key's life: made, listed, accepted, deactivated, deleted. Leaves the user without keys. */
export async function askAboutKeys(run: Run, UserName: string): Promise<void> {
  const { report, send } = run;
  const list = async () => (await send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata ?? [];
  const listed = async ({ accessKeyId }: MadeKey) =>
    (await list()).some((key) => key.AccessKeyId === accessKeyId) ? "listed" : "not listed";

  const first = await run.makeKey(UserName);
  // Side by side, so that each is measured from the change on.
  const [shown, accepted] = await Promise.all([
    run.watch(() => listed(first), "listed"),
    run.watch(() => run.trial(first), "done"),
  ]);
  report.within("a new key is listed", seconds("lostReply"), shown);
  report.within("a new key is accepted by GetCallerIdentity", 15, accepted);
  report.add(
    "a new key is refused before that with",
    `${REFUSED}, or not at all`,
    accepted.before.join(" and ") || "not at all",
    accepted.before.every((code) => code === REFUSED),
  );
  const dates = [first.createdAt, (await list())[0]?.CreateDate];
  report.add(
    "CreateDate of a new key, and in the list",
    "the same whole second, now",
    dates.map((date) => date?.toISOString()).join(", "),
    dates.every((date) => date?.getTime() === first.createdAt.getTime() && date.getMilliseconds() === 0) &&
      Math.abs(Date.now() - first.createdAt.getTime()) < 300_000,
  );

  const wrong = { ...first, secretAccessKey: randomBytes(30).toString("base64") };
  report.add("a key with a wrong secret", "SignatureDoesNotMatch, 403", await run.trial(wrong));
  const stranger = { ...wrong, accessKeyId: "AKIAQWERTYUIOPASDFGH" };
  report.add("a key that never was", REFUSED, await run.trial(stranger));
  report.add("DeleteAccessKey of a key that never was", NOT_THERE, await run.answer(run.deleteKey(UserName, stranger)));

  const [second, more]: [MadeKey, MadeKey[]] = [await run.makeKey(UserName), []];
  const oneMore = () => run.answer(run.makeKey(UserName).then((key) => more.push(key)));
  report.add("a third key", "LimitExceeded, 409", await oneMore());
  for (const key of more.splice(0)) await run.answer(run.deleteKey(UserName, key));

  await send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: first.accessKeyId, Status: "Inactive" }));
  report.within("a deactivated key is refused", 60, await run.watch(() => run.trial(first), REFUSED));

  await run.watch(() => run.trial(second), "done", { watch: 0 });
  await run.deleteKey(UserName, second);
  const [freed, refused, gone] = await Promise.all([
    run.watch(oneMore, "done", { watch: 0 }),
    run.watch(() => run.trial(second), REFUSED),
    run.watch(() => listed(second), "not listed"),
  ]);
  report.within("the slot of a deleted key takes a new one", seconds("freedSlot"), freed);
  report.within("a deleted key is refused", 60, refused);
  report.within("a deleted key is not listed", seconds("secondLook"), gone);
  report.add("DeleteAccessKey of a deleted key", NOT_THERE, await run.answer(run.deleteKey(UserName, second)));
  for (const key of [first, ...more]) await run.answer(run.deleteKey(UserName, key));
}

/** What a tag takes, and when it shows. */
export async function askAboutTags(run: Run, UserName: string): Promise<void> {
  const { report, send } = run;
  const write = (Value: string, Key = TAG) => send(new TagUserCommand({ UserName, Tags: [{ Key, Value }] }));
  const read = async () => tagsOf((await send(new GetUserCommand({ UserName }))).User);

  await write("one");
  report.within("a tag is in GetUser", seconds("secondLook"), await run.watch(read, `${TAG}=one`));
  await write("two");
  report.within("a changed tag is in GetUser", seconds("secondLook"), await run.watch(read, `${TAG}=two`));
  const full = "aZ09 _.:/=+-@".repeat(20).slice(0, 256);
  report.add("a tag of 256 characters, all kinds that a journal has", "done", await run.answer(write(full)));
  const kept = await run.watch(read, `${TAG}=${full}`);
  report.within("and it is kept as written", seconds("secondLook"), kept);
  report.add("a tag of 257 characters", "ValidationError, 400", await run.answer(write("x".repeat(257))));
  report.add("a tag with another character", "ValidationError, 400", await run.answer(write("a!")));
  await write("three", TAG.toUpperCase());
  const replaced = await run.watch(read, `${TAG}=three`);
  report.within("a key in other case replaces the tag, and not its key", seconds("secondLook"), replaced);
}

function tagsOf(user: User | undefined): string {
  return (user?.Tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`).join(" ") || "no tag";
}
