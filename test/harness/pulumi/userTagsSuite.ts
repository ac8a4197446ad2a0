import assert from "node:assert/strict";
import { JOURNAL_TAG } from "../../../provider/model/journal";
import { fails, isGone, stand } from "./stand";
import { type Regime, type UserStack, Users, usersProgram } from "./userStack";

const PROVIDERS = `
const common = { region: "us-east-1", skipCredentialsValidation: true, skipRequestingAccountId: true };
const explicit = new Provider("explicit", { ...common,
  accessKey: "AKIAEXPLICIT00000000", secretKey: "secret of the provider",
  defaultTags: { tags: { owner: "platform" } }, ignoreTags: { keys: ["scanned"], keyPrefixes: ["corp:"] },
});
const ignoring = new Provider("ignoring", { ...common, ignoreTags: { keys: ["${JOURNAL_TAG}"] } });
`;

/** The component as it was before it knew how the bridge reads paths: its state has the tag after a refresh. */
const AS_IT_WAS = `
class Before extends pulumi.ComponentResource {
  constructor() {
    super("pulumi-aws-iam-rotator:index:RotatedUser", "before", {});
    const ignoreChanges = ['tags["${JOURNAL_TAG}"]'];
    const user = new User("before", { name: "before", tags: { team: "a" } }, { parent: this, ignoreChanges });
    new RotatedAccessKey("before", { userArn: user.arn, rotationTrigger }, { parent: this });
  }
}
new Before();
`;

const ROTATED = {
  plain: 'rotated("plain");',
  tagged: 'rotated("tagged", { tags: { team: "a" } });',
  explicit: 'rotated("explicit", {}, { provider: explicit });',
  before: 'rotated("before", { tags: { team: "a" } });',
  apart: 'apart("apart", { tags: { team: "a" } }, { provider: ignoring });',
};
const NAMES = Object.keys(ROTATED);

/** What holds for the tags of a user, with the real engine and the real bridge: one stack for all, since each command takes seconds. */
export function tagsOfUsers(regime: Regime): void {
  describe(`the tags of a user with rotated keys, as @pulumi/aws ${regime} handles them`, function () {
    this.timeout(400_000);
    const users = stand(new Users());
    let user: UserStack;
    const write = (changed: Partial<typeof ROTATED> = {}, ...others: string[]) =>
      user.stack.write(usersProgram(PROVIDERS, ...others, ...Object.values({ ...ROTATED, ...changed })));
    const configure = (...settings: string[]) => {
      const all = settings.flatMap((each) => ["--plaintext", each]);
      return user.stack.must("config", "set-all", "--path", ...all, "--stack", "dev");
    };
    const keep = async () => {
      for (const name of NAMES) await users.tagsBesideJournal(name);
    };
    before(async () => {
      user = await users.of(regime, "");
    });

    it("a state that has the tag already: the next up leaves it", async () => {
      write({ before: AS_IT_WAS });
      await user.stack.up();
      await user.stack.refresh();
      assert.match(JSON.stringify(user.recordedUser("before").tags), /v1 done/);
      const asked = regime === "6" ? "::default_6_0_0" : "::default_7_";
      assert.ok(user.stack.stateText().includes(`providers:aws${asked}`), "by that version of @pulumi/aws");
      write();
      await user.stack.up();
      assert.deepEqual(user.untagged(), []);
    });

    it("without tags, with some, by an explicit provider, and managed apart: no command shows or makes a change", async () => {
      await users.account("explicit").tag("corp:cost", "7");
      await users.account("explicit").tag("scanned", "today");
      await user.isQuiet();
      await keep();
      assert.deepEqual(await users.tagsBesideJournal("plain"), { "rotated-by": JOURNAL_TAG });
      const { owner, scanned, "corp:cost": cost } = await users.tagsBesideJournal("explicit");
      assert.deepEqual([owner, scanned, cost], ["platform", "today", "7"]);
    });

    it("tags that are added, changed and removed, after a refresh and without one", async () => {
      // Each user takes one step, all in the same run.
      const STEPS: [from: Record<string, string>, to: Record<string, string>][] = [
        [{ team: "a" }, { team: "b", stage: "x" }],
        [{ team: "b", stage: "x" }, { stage: "x" }],
        [{ stage: "x" }, {}],
        [{}, { team: "a" }],
      ];
      const stepTo = (which: 0 | 1) =>
        write({}, ...STEPS.map((step, at) => `rotated("step${at}", { tags: ${JSON.stringify(step[which])} });`));
      for (const withRefresh of [true, false]) {
        stepTo(0);
        await user.stack.up();
        // The first one brings the journal into the state.
        if (withRefresh) await user.stack.refresh();
        user.untagged();
        const journals = await Promise.all(STEPS.map((_, at) => users.account(`step${at}`).journal()));
        stepTo(1);
        if (withRefresh)
          assert.doesNotMatch(await user.stack.preview("--refresh", "--diff"), /[-+~] *"?pulumi-aws-iam-rotator/);
        await user.stack.up(...(withRefresh ? ["--refresh"] : []));
        assert.deepEqual(user.untagged().sort(), ["rotated-by", "stage", "team"]);
        for (const [at, [, to]] of STEPS.entries()) {
          const { "rotated-by": _own, ...others } = await users.tagsBesideJournal(`step${at}`);
          assert.deepEqual(others, to);
          assert.equal(await users.account(`step${at}`).journal(), journals[at]);
        }
      }
      await keep();
    });

    it("tags that a preview does not know", async () => {
      await user.stack.refresh();
      const plain = 'rotated("plain", { tags: pulumi.output({ other: other.uniqueId }) });';
      const tagged = 'rotated("tagged", { tags: { team: "a", other: other.uniqueId } });';
      write({ plain, tagged }, 'const other = new User("other", { name: "other" });');
      // That preview shows all tags as new, as docs/troubleshooting.md says: it is the run that counts.
      assert.doesNotMatch(await user.stack.preview("--diff"), /cannot ignore changes/);
      await user.stack.up();
      assert.deepEqual(user.untagged(), ["rotated-by"]);
      assert.deepEqual(Object.keys(await users.tagsBesideJournal("tagged")).sort(), ["other", "team"]);
      await user.isQuiet({ briefly: true });
      await keep();
    });

    it("default tags by the stack's configuration, one of them without a value: added, changed, and with a change of the user", async () => {
      write();
      await configure("aws:defaultTags.tags.owner=x", "aws:defaultTags.tags.note=", "aws:ignoreTags.keys[0]=scanned");
      await user.stack.up();
      user.untagged();
      await users.account("plain").tag("scanned", "today");
      await user.isQuiet({ briefly: true });
      await configure("aws:defaultTags.tags.owner=y");
      write({ tagged: 'rotated("tagged", { path: "/moved/", tags: { team: "b" } });' });
      await user.stack.up();
      assert.deepEqual(user.untagged(), []);
      assert.deepEqual(await users.tagsBesideJournal("tagged"), { team: "b", owner: "y", note: "" });
      assert.equal((await users.tagsBesideJournal("plain")).scanned, "today");
      // Rotations with a refresh before each: the journal outlasts it.
      for (const trigger of ["2", "3"]) {
        user.stack.env.TRIGGER = trigger;
        await user.stack.up("--refresh");
      }
      assert.deepEqual(user.untagged(), []);
      for (const name of NAMES) assert.match((await users.account(name).journal()) ?? "", /^v1 done rotate /);
    });

    it("managed apart, and the tag is ignored by the stack's configuration when the state has it already", async () => {
      const late = (team: string) => `apart("late", { tags: { team: "${team}" } });`;
      write({}, late("a"));
      await user.stack.up();
      await user.stack.refresh();
      assert.match(JSON.stringify(user.recordedUser("late").tags), /v1 done/);
      // As docs/tag.md says.
      await configure(`aws:ignoreTags.keys[1]=${JOURNAL_TAG}`);
      await user.stack.refresh("--run-program");
      await user.stack.up("--expect-no-changes");
      write({}, late("b"));
      await user.stack.up("--refresh");
      await user.isQuiet({ briefly: true });
      assert.deepEqual(user.untagged(), []);
      assert.equal((await users.tagsBesideJournal("late")).team, "b");
    });

    it("a transformation that leaves out what keeps the journal: it is kept all the same", async () => {
      const bare = `pulumi.runtime.registerStackTransformation(({ type, props: { tagsAll, ...props }, opts: { parent, provider } }) =>
        type === "aws:iam/user:User" && props.name !== "apart" ? { props, opts: { parent, provider } } : undefined);`;
      write();
      await user.stack.up();
      await user.stack.refresh();
      user.untagged();
      // The first up after that, and one that changes the tags.
      write({}, bare);
      await user.stack.up();
      write({ tagged: 'rotated("tagged", { tags: { team: "c" } });' }, bare);
      await user.stack.up("--refresh");
      assert.deepEqual(user.untagged(), []);
      await keep();
    });

    const empty = (tags: string) => `rotated("empty", { tags: ${tags} });`;
    if (regime === "7") {
      it("a tag with an empty value is refused, before anything is made", async () => {
        write({}, empty('{ team: "" }'));
        await fails(user.stack.tryUp(), /RotatedUser empty: the tag team has an empty value/);
        await isGone(users.account("empty"));
      });
    } else {
      it("a tag with an empty value: the same", async () => {
        write({}, empty('{ team: "", stage: "x" }'));
        await user.stack.up();
        await user.isQuiet({ briefly: true });
        write({}, empty('{ team: "" }'));
        await user.stack.up("--refresh");
        assert.deepEqual(user.untagged(), ["stage"]);
        assert.equal((await users.tagsBesideJournal("empty")).team, "");
      });
    }
  });
}
