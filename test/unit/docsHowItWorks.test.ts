import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PATIENCE } from "../../provider/act/dependencies";
import { DEACTIVATE_ACTION, GUARD_ACTION, ROTATION_ACTIONS } from "../../provider/functions/policy";
import { INPUT_NAMES } from "../../provider/model/inputs";
import { formatJournal, JOURNAL_TAG, parseJournal } from "../../provider/model/journal";
import { OUTPUT_NAMES, SECRETS } from "../../provider/model/outputs";
import type { Pending } from "../../provider/model/pending";
import { AccessKeyMount } from "../../provider/plugin/keys";
import { isSecret } from "../../provider/plugin/wire";
import { packagesOfNpm } from "../../tools/plugin/materials";
import { ROOT } from "../harness/dist";
import { column, section, tables } from "../harness/markdown";
import { type Props, Stage, userArn } from "../harness/stage";

const DAY = 24 * 3_600_000;
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const json = (path: string) => JSON.parse(read(path));
const PAGE = read("docs/how-it-works.md");

const codes = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);

async function twoKeys(stage: Stage): Promise<Props> {
  const first = await stage.create({ userArn, rotationTrigger: 1 });
  return stage.up(first, { userArn, rotationTrigger: 2 });
}

type Life = (stage: Stage) => Promise<() => unknown>;
/** What one operation is done on, and then the operation. */
const OPERATIONS: Record<string, Life> = {
  "preview; `up` with nothing to do": async (stage) => {
    const first = await stage.create({ userArn, rotationTrigger: 1 });
    return async () => {
      await stage.provider.diff("id", first, { userArn, rotationTrigger: 2 });
      await stage.up(first, { userArn, rotationTrigger: 1 });
    };
  },
  "first key": async (stage) => () => stage.create(),
  "first rotation, one key there": async (stage) => {
    const first = await stage.create({ userArn, rotationTrigger: 1 });
    return () => stage.up(first, { userArn, rotationTrigger: 2 });
  },
  "rotation, two keys there": withTwo((stage, two) => stage.up(two, { userArn, rotationTrigger: 3 })),
  "end of the grace period": withTwo((stage, two) => {
    stage.clock.time += 8 * DAY;
    return stage.up(two, { userArn, rotationTrigger: 2, gracePeriod: "7d" });
  }),
  "revocation, two keys there": withTwo((stage, two) =>
    stage.up(two, { userArn, rotationTrigger: 2, revocationTrigger: "leak" }),
  ),
  "adoption of a key": async (stage) => {
    const { accessKeyId, secretAccessKey } = stage.iam.addKey();
    return () => stage.create({ userArn, state: { current: { accessKeyId, secretAccessKey } } });
  },
  refresh: withTwo((stage, two) => stage.provider.read("id", two)),
  "destroy, two keys there": withTwo((stage, two) => stage.provider.delete("id", two)),
};
function withTwo(run: (stage: Stage, two: Props) => unknown): Life {
  return async (stage) => {
    const two = await twoKeys(stage);
    return () => run(stage, two);
  };
}

describe("docs/how-it-works.md", () => {
  it("lists the calls of each operation as they are", async () => {
    const [table = []] = tables(section(PAGE, "A rotation, call by call"));
    const made: string[][] = [];
    for (const [operation, life] of Object.entries(OPERATIONS)) {
      const stage = new Stage();
      const run = await life(stage);
      stage.iam.calls = [];
      await run();
      made.push([operation, stage.iam.calls.map((call) => call.split(" ")[0]).join(", ") || "none"]);
    }
    assert.deepEqual(table, made);
  });

  it("lists the events of a rotation in the order of its calls", () => {
    const [events = []] = tables(section(PAGE, "What AWS logs"));
    const [operations = []] = tables(section(PAGE, "A rotation, call by call"));
    const rotation = operations.find(([operation]) => operation === "rotation, two keys there");
    assert.equal(column(events, 0).flatMap(codes).join(", "), rotation?.[1]);
  });

  it("names every property that lies in the state, and which of them are encrypted", () => {
    const [fields = []] = tables(section(PAGE, "What is stored where"));
    const known = [...INPUT_NAMES, ...OUTPUT_NAMES, "__provider"];
    assert.deepEqual(column(fields, 0).flatMap(codes).sort(), known.sort());
    const encrypted = fields.filter(([, how]) => how === "encrypted").flatMap(([names = ""]) => codes(names));
    assert.deepEqual(encrypted.sort(), [...SECRETS].sort());
  });

  it("and the plugin stores no other, no more of them open, and no __provider", async () => {
    const { iam, clock, engine } = new Stage();
    const world = { connect: () => iam, clock, patience: PATIENCE, engine, env: {}, say: () => {} };
    const keys = new AccessKeyMount(world);
    const login = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "of the login" };
    const given = { userArn, rotateEvery: "90d", gracePeriod: "7d", rotationTrigger: 1, login };
    const { outputs } = await keys.create(given, false);
    const names = new Set<string>([...INPUT_NAMES, ...OUTPUT_NAMES]);
    for (const state of [outputs, await keys.update(outputs, { ...given, rotationTrigger: 2 }, false)]) {
      for (const name of Object.keys(state)) assert.ok(names.has(name), name);
      const secret = Object.keys(state).filter((name) => isSecret(state[name]));
      assert.deepEqual(secret.sort(), ["current", "login", "previous"]);
    }
  });

  it("shows a journal that is one", () => {
    const [, elsewhere = []] = tables(section(PAGE, "What is stored where"));
    const [, text = ""] = codes(elsewhere[0]?.join(" ") ?? "");
    const journal = parseJournal(text) ?? assert.fail(text);
    assert.equal(formatJournal(journal), text);
  });

  it("names the permissions, and no other", () => {
    const [table = []] = tables(section(PAGE, "Why each permission"));
    const named = column(table, 0).flatMap(codes);
    assert.deepEqual(
      named.sort(),
      [...ROTATION_ACTIONS, GUARD_ACTION, DEACTIVATE_ACTION, "sts:GetCallerIdentity"].sort(),
    );
  });

  it("shows a policy that is JSON, and narrows a permission of ours", () => {
    const [, json = ""] = /^```json\n([\s\S]*?)^```/m.exec(PAGE) ?? [];
    const { Action, Condition } = JSON.parse(json);
    assert.ok(ROTATION_ACTIONS.includes(Action));
    assert.deepEqual(Object.values(Condition), [{ "aws:TagKeys": [JOURNAL_TAG] }]);
  });

  it("names the versions that it was run against", () => {
    const [rows = []] = tables(section(PAGE, "What it was run against"));
    const { devDependencies } = json("package.json");
    const oldest = json("test/fixtures/pulumi-oldest/package.json").dependencies;
    const pinned = (name: string) =>
      new RegExp(`^${name}==(.+)$`, "m").exec(read(`test/harness/aws/endpoint/${name}/requirements.in`));
    const goMod = read("test/harness/pulumi/aws-plugin/go.mod");
    const [, bridge] = /pulumi-terraform-bridge\/v3 v(.+)/.exec(goMod) ?? [];
    const versions: Record<string, (string | undefined)[]> = {
      "real AWS": [],
      "IAM and STS": [pinned("moto")?.[1]],
      permissions: [pinned("ministack")?.[1]],
      Pulumi: [devDependencies.pulumi, oldest["@pulumi/pulumi"], devDependencies["@pulumi/pulumi"]],
      "`@pulumi/aws` 6.0.0 and 7.48.0": [oldest["@pulumi/aws"], devDependencies["@pulumi/aws"], bridge],
    };
    assert.deepEqual(column(rows, 0), Object.keys(versions));
    for (const [what = "", how = ""] of rows) {
      assert.deepEqual(`${what} ${how}`.match(/\d+\.\d+\.\d+/g) ?? [], versions[what], what);
    }
  });

  it("says what the next up does after a kill at each call of a rotation", async () => {
    const [table = []] = tables(section(PAGE, "When a run is cut off"));
    const letters = (text: string) => [...text.matchAll(/\b[ABC]\b/g)].map(([letter]) => letter).sort();
    for (const [call = "", left = "", tag, , next = ""] of table) {
      const stage = new Stage();
      const second = await twoKeys(stage);
      const [b = "", a = ""] = stage.iam.ids();
      const inputs = { userArn, rotationTrigger: 3 };
      const [, action, phase = ""] = /.*`(\w+)`(?:: (\w+))?/.exec(call) ?? [];
      const saved = action ? second : await stage.up(second, inputs);
      if (action) {
        // As AWS is: it does not know the key yet, so the tag names it while this run waits.
        stage.iam.propagation = 5_000;
        const nth = call.includes("made C") ? 2 : 1;
        await stage.killedAfter(`${action} ${phase}`.trim(), () => stage.up(second, inputs), nth);
      }
      const name = (id: string) => (id === a ? "A" : id === b ? "B" : "C");
      const made = stage.iam.ids().filter((id) => name(id) === "C");
      assert.deepEqual(stage.iam.ids().map(name).sort(), letters(left), call);
      assert.equal(stage.iam.journal?.split(" ")[1], tag === "as before" ? "done" : tag, call);

      const third = await stage.up(saved, inputs);
      if (next.startsWith("is blocked")) {
        const [pending] = third.pending as Pending[];
        assert.deepEqual([pending?.what, pending?.blocked], ["rotation", true], call);
        const why = phase === "done" ? /was made and handed out by operation/ : /in the moment in which it made a key/;
        assert.match(pending?.message ?? "", why);
        continue;
      }
      assert.deepEqual(stage.iam.ids(), [a, third.currentAccessKeyId], call);
      assert.equal(third.previousAccessKeyId, a);
      const isReplaced = made.length > 0 && !stage.iam.ids().includes(made[0] ?? "");
      assert.equal(isReplaced, next.includes("makes another"), call);
    }
    assert.ok(table.length > 0);
  });

  it("is right that no dependency, and nothing that they depend on, has an install script", () => {
    const { packages } = json("package-lock.json");
    const ours = packagesOfNpm();
    assert.ok(ours.length > 20);
    assert.deepEqual(
      ours.filter((path) => packages[path].hasInstallScript),
      [],
    );
  });
});
