import type { Credentials } from "../../test/harness/aws/admin";
import { expect, type Stage } from "./stage";

const STACK = "demo";
const QUICKSTART = `organization/iam-rotator-quickstart/${STACK}`;
const SECOND = "examples/stack-reference";
const LEAK = "examples/leak-drill";

/** All acts of the demo; each says what it shows, and throws where it was not so. */
export async function tellStory(stage: Stage): Promise<void> {
  const { narrator } = stage;

  narrator.step("The first `up` makes an IAM user and its first access key");
  await stage.pulumi(["stack", "init", STACK]);
  await stage.up();
  const first = await stage.current();
  const user = await stage.works(first);
  narrator.meaning(`The user has one key, ${first.accessKeyId}: \`current\`, a secret output of the stack. It works.`);

  narrator.step("A changed trigger, and the preview of what it does");
  await stage.pulumi(["config", "set", "rotation", "2026-12"]);
  const preview = await stage.pulumi(["preview"]);
  expect(preview.text.includes(`keeps ${first.accessKeyId} valid as previous`), "the preview names the key it keeps");
  narrator.meaning(
    "Nothing has been changed yet, and AWS was not asked: one line says what `up` will do to which key.",
  );

  narrator.step("The rotation: a new key, and the one before it stays valid");
  await stage.up();
  const second = await stage.current();
  expect(second.accessKeyId !== first.accessKeyId, "the rotation made another key");
  await stage.works(second);
  await stage.works(first);
  narrator.meaning("Both keys work. Whoever still uses the first has time to take up the second.");

  narrator.step("Another stack reads `current`, and uses it");
  await stage.pulumi(["stack", "init", STACK], SECOND);
  await stage.pulumi(["config", "set", "quickstart", QUICKSTART], SECOND);
  await stage.up(SECOND);
  const handed = await stage.credentialsFile(SECOND);
  expect(handed.accessKeyId === second.accessKeyId, "the second stack got the current key");
  await stage.works(handed);
  narrator.meaning(`The second stack makes a credentials file of ${second.accessKeyId}, and that file works.`);

  narrator.step("A grace period is a promise: a rotation that falls into it waits");
  await stage.pulumi(["config", "set", "gracePeriod", "7d"]);
  await stage.pulumi(["config", "set", "rotation", "2027-01"]);
  const waiting = await stage.up();
  expect(/waits until/.test(waiting.text), "the update says that the rotation waits");
  await stage.works(first);
  narrator.meaning(
    `A third key would have needed the place of ${first.accessKeyId}. All else went on; nothing was cut short.`,
  );

  narrator.step("A shorter period, and the rotation comes");
  await stage.pulumi(["config", "set", "gracePeriod", "5s"]);
  const rotation = await stage.up();
  expect(rotation.text.includes(`deleted ${first.accessKeyId}`), "the update says that it deleted the first key");
  const third = await stage.current();
  await stage.refused(first);
  await stage.works(second);
  narrator.meaning(
    `${first.accessKeyId} made room. The second stack's copy, ${second.accessKeyId}, goes on working for its period.`,
  );

  narrator.step("The reader changes over, and the next run after the period ends the key before");
  await stage.up(SECOND);
  await stage.sleep(5);
  const retirement = await stage.up();
  expect(
    retirement.text.includes(`deleted ${second.accessKeyId} (its grace period ended`),
    "the update says that it deleted the second key, and why",
  );
  await stage.refused(second);
  await stage.works(await stage.credentialsFile(SECOND));
  narrator.meaning("A daily `pulumi up` does this by itself. Most of its runs find nothing due, and ask AWS nothing.");

  narrator.step("A key that somebody made by hand is never deleted: the rotation is blocked");
  const userName = user.split("/").at(-1) ?? "";
  const byHand = await stage.makeKeyByHand(userName);
  await stage.pulumi(["config", "set", "rotation", "2027-02"]);
  const refusal = await stage.failing(["up", "--yes", "--skip-preview"]);
  expect(refusal.code !== 0 && refusal.text.includes(byHand), "the run ends red, and names the key");
  const [found] = await stage.users();
  expect(found?.keys.join() === [third.accessKeyId, byHand].join(), "both keys are there");
  await stage.deleteKeyByHand(userName, byHand);
  await stage.up();
  const fourth = await stage.current();
  await stage.works(fourth);
  narrator.meaning("It says what it found and what to do. That done, the same `up` goes through.");

  narrator.step("A leak: one setting cuts off every older key");
  await stage.pulumi(["stack", "init", STACK], LEAK);
  await stage.up(LEAK);
  const leaked = await stage.current(LEAK);
  await stage.pulumi(["config", "set", "incident", "INC-42"], LEAK);
  await stage.up(LEAK);
  const clean = await stage.current(LEAK);
  await stage.refused(leaked);
  await stage.works(clean);
  await stage.pulumi(["destroy", "--yes", "--skip-preview"], LEAK);
  narrator.meaning("The new key works before the leaked one goes; a grace period does not hold that up.");

  narrator.step("The state holds no secret in plain text");
  await stage.searchState([first, second, third, fourth] satisfies Credentials[]);
  narrator.meaning("Pulumi keeps the keys encrypted, in the state as in its history and backups.");

  narrator.step("Destroy leaves nothing behind");
  await stage.pulumi(["destroy", "--yes", "--skip-preview"], SECOND);
  await stage.pulumi(["destroy", "--yes", "--skip-preview"]);
  for (const key of [third, fourth]) await stage.refused(key);
  expect((await stage.users()).length === 0, "no user is left");
  narrator.meaning("No user and no key are left, and AWS refuses the last two.");
}
