import { randomBytes } from "node:crypto";
import {
  DeleteUserCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { type MadeKey, type Run, seconds } from "./run";

const REFUSED = "InvalidClientTokenId, 403";
const NOT_THERE = "NoSuchEntity, 404";
const TAG = "rotator-test";
/** Until it comes, and no longer. */
const ONCE = { watch: 0 };

/** What a user is to AWS, from its first moment. */
export async function askAboutUsers(run: Run, UserName: string, made: { arn: string; id: string }): Promise<void> {
  const { send } = run;
  const known = () => run.answer(send(new GetUserCommand({ UserName })));
  await run.within(seconds("newUser"), "a new user is known to GetUser", known, "done");
  const { User } = await send(new GetUserCommand({ UserName }));
  const [arn, id] = [User?.Arn ?? "", User?.UserId ?? ""];
  const isSame = arn === made.arn && id === made.id && /^AID[A-Z0-9]{13,}$/.test(id);
  run.add("the ARN and the UserId of GetUser", "AID…, as of CreateUser", `${id}, ${arn}`, isSame);
  const nobody = { UserName: run.users.claim("nobody") };
  await run.ask("GetUser of an unknown user", NOT_THERE, send(new GetUserCommand(nobody)));
  await run.ask("ListAccessKeys of an unknown user", NOT_THERE, send(new ListAccessKeysCommand(nobody)));
}

/** A key's life: made, listed, accepted, deactivated, deleted. Leaves the user without keys. */
export async function askAboutKeys(run: Run, UserName: string): Promise<void> {
  const { send } = run;
  const list = async () => (await send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata ?? [];
  const listed = async ({ accessKeyId }: MadeKey) =>
    (await list()).some((key) => key.AccessKeyId === accessKeyId) ? "listed" : "not listed";

  const first = await run.makeKey(UserName);
  // Side by side, so that each is measured from the change on.
  const [accepted] = await Promise.all([
    run.within(15, "a new key is accepted by GetCallerIdentity", () => run.trial(first), "done"),
    run.within(seconds("lostReply"), "a new key is listed", () => listed(first), "listed"),
  ]);
  const before = [...accepted.before].join(" and ") || "not at all";
  const isRefused = before === REFUSED || before === "not at all";
  run.add("a new key is refused before that with", `${REFUSED}, or not at all`, before, isRefused);
  const dates = [first.createdAt, (await list())[0]?.CreateDate];
  run.add(
    "CreateDate of a new key, and in the list",
    "the same whole second, now",
    dates.map((date) => date?.toISOString()).join(", "),
    dates.every((date) => date?.getTime() === first.createdAt.getTime() && date.getMilliseconds() === 0) &&
      Math.abs(Date.now() - first.createdAt.getTime()) < 300_000,
  );

  const wrong = { ...first, secretAccessKey: randomBytes(30).toString("base64") };
  run.add("a key with a wrong secret", "SignatureDoesNotMatch, 403", await run.trial(wrong));
  const stranger = { ...wrong, accessKeyId: "AKIAQWERTYUIOPASDFGH" };
  run.add("a key that never was", REFUSED, await run.trial(stranger));
  await run.ask("DeleteAccessKey of a key that never was", NOT_THERE, run.deleteKey(UserName, stranger));

  const second = await run.makeKey(UserName);
  const more: MadeKey[] = [];
  const oneMore = () => run.answer(run.makeKey(UserName).then((key) => more.push(key)));
  run.add("a third key", "LimitExceeded, 409", await oneMore());
  for (const key of more.splice(0)) await run.answer(run.deleteKey(UserName, key));

  await send(new UpdateAccessKeyCommand({ UserName, AccessKeyId: first.accessKeyId, Status: "Inactive" }));
  await run.within(60, "a deactivated key is refused", () => run.trial(first), REFUSED);

  await run.watch(() => run.trial(second), "done", ONCE);
  await run.deleteKey(UserName, second);
  await Promise.all([
    run.within(seconds("freedSlot"), "the slot of a deleted key takes a new one", oneMore, "done", ONCE),
    run.within(60, "a deleted key is refused", () => run.trial(second), REFUSED),
    run.within(seconds("secondLook"), "a deleted key is not listed", () => listed(second), "not listed"),
  ]);
  await run.ask("DeleteAccessKey of a deleted key", NOT_THERE, run.deleteKey(UserName, second));
  for (const key of [first, ...more]) await run.answer(run.deleteKey(UserName, key));
}

/** What a tag takes, and when it shows. */
export async function askAboutTags(run: Run, UserName: string): Promise<void> {
  const { send } = run;
  const write = (Value: string, Key = TAG) => send(new TagUserCommand({ UserName, Tags: [{ Key, Value }] }));
  const read = async () => {
    const { User } = await send(new GetUserCommand({ UserName }));
    return (User?.Tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`).join(" ") || "no tag";
  };
  const shows = (what: string, value: string) => run.within(seconds("secondLook"), what, read, `${TAG}=${value}`);

  await write("one");
  await shows("a tag is in GetUser", "one");
  await write("two");
  await shows("a changed tag is in GetUser", "two");
  const full = "aZ09 _.:/=+-@".repeat(20).slice(0, 256);
  await run.ask("a tag of 256 characters, all kinds that a journal has", "done", write(full));
  await shows("and it is kept as written", full);
  await run.ask("a tag of 257 characters", "ValidationError, 400", write("x".repeat(257)));
  await run.ask("a tag with another character", "ValidationError, 400", write("a!"));
  await write("three", TAG.toUpperCase());
  await shows("a key in other case replaces the tag, and not its key", "three");
}

/** A user deleted and made again is another one: the package tells them apart by the UserId alone. */
export async function askAboutMadeAgain(run: Run, UserName: string, before: string): Promise<void> {
  const { send, users } = run;
  const remove = () => run.answer(send(new DeleteUserCommand({ UserName })));
  await run.within(seconds("freedSlot"), "a user whose keys were just deleted can go", remove, "done", ONCE);
  let id = "";
  const make = async () => {
    id = (await users.make(run.iam, "rotated", run.signal)).id;
  };
  const made = () => run.answer(make());
  await run.within(seconds("newUser"), "a user can be made again under its name", made, "done", ONCE);
  run.add("and has another UserId", "another one", id, id !== "" && id !== before);
  const told = async () => (await send(new GetUserCommand({ UserName }))).User?.UserId ?? "";
  await run.within(seconds("newUser"), "which GetUser tells", told, id);
}
