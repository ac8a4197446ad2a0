import assert from "node:assert/strict";
import { type Endpoint, startEndpoint } from "../harness/aws/endpoint";
import { awsPluginUnlessInstalled } from "../harness/pulumi/awsPlugin";
import { ensureEngine } from "../harness/pulumi/engine";
import { Project } from "../harness/pulumi/project";

describe("the examples of a policy", function () {
  this.timeout(300_000);
  let endpoint: Endpoint;
  let project: Project;
  const printed: string[] = [];

  async function pulumi(folder: string, command: string, expectedCode = 0): Promise<string> {
    const { code, text } = await project.pulumi(command.split(" "), `examples/${folder}`);
    printed.push(text);
    assert.equal(code, expectedCode, `pulumi ${command}:\n${text}`);
    return text;
  }
  const output = async (folder: string, name: string) => (await pulumi(folder, `stack output ${name}`)).trim();
  /** Pulumi shows a line while it goes, and again at the end. */
  const distinct = (text: string, pattern: RegExp) => new Set(text.match(pattern)).size;
  const later = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  before(async () => {
    endpoint = await startEndpoint();
    const awsPlugin = await awsPluginUnlessInstalled();
    project = new Project(await ensureEngine(), {
      endpoint: endpoint.url,
      admin: await endpoint.newAdmin(),
      awsPlugin,
    });
  });
  after(async () => {
    project?.remove();
    await endpoint?.stop();
  });

  it("scheduled-policy: rotates when due, retires when the grace period ends, and reports it", async () => {
    const here = "scheduled-policy";
    await pulumi(here, "stack init test");
    await pulumi(here, "up --yes --skip-preview");
    const fresh = await output(here, "readme");
    assert.match(fresh, /^\| User +\| Current key +\| Made +\| Rotation due +\| Previous key +\|$/m);
    assert.equal(fresh.match(/AKIA\w+/g)?.length, 2);

    // The same program with shorter periods: they count from the next run on.
    await pulumi(here, "config set rotateEvery 20s");
    await pulumi(here, "config set gracePeriod 10s");
    await pulumi(here, "config set deactivatePeriod 10s");
    await later(20);
    const preview = await pulumi(here, "preview");
    assert.equal(distinct(preview, /makes a new access key as current, .* \(due since /g), 2);
    await pulumi(here, "up --yes --skip-preview");
    assert.match(await output(here, "readme"), /AKIA\w+ until 20\d\d-/);

    // However long a busy machine takes until then, no further rotation is due.
    await pulumi(here, "config set rotateEvery 90d");
    await later(10);
    const retired = await pulumi(here, "up --yes --skip-preview");
    assert.equal(distinct(retired, /deactivated AKIA\w+ \(its grace period ended /g), 2);
    await pulumi(here, "config set deactivatePeriod 1h");
    const quiet = await pulumi(here, "preview");
    assert.match(quiet, /2 older keys are deactivated, .*: builder, uploader\./);
    assert.doesNotMatch(quiet, /was deactivated/);
    await pulumi(here, "config set deactivatePeriod 10s");
    await later(10);
    const gone = await pulumi(here, "up --yes --skip-preview");
    assert.equal(distinct(gone, /deleted AKIA\w+ \(deactivated since /g), 2);
    await pulumi(here, "destroy --yes --skip-preview");
  });

  it("leak-drill: a named incident ends every older key at once", async () => {
    const here = "leak-drill";
    await pulumi(here, "stack init test");
    await pulumi(here, "up --yes --skip-preview");
    const leaked = await output(here, "currentAccessKeyId");
    await pulumi(here, "config set incident INC-42");
    const answered = await pulumi(here, "up --yes --skip-preview");
    assert.match(answered, new RegExp(`made AKIA\\w+ as current, deleted ${leaked} \\(revocationTrigger changed\\)`));
    assert.notEqual(await output(here, "currentAccessKeyId"), leaked);
    assert.equal(await output(here, "previousAccessKeyId"), "none");
    await pulumi(here, "up --yes --skip-preview --expect-no-changes");
    await pulumi(here, "destroy --yes --skip-preview");
  });

  it("print no secret", () => {
    assert.doesNotMatch(printed.join(), /secretAccessKey/);
  });
});
