import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import execa from "execa";
import { ensureBuilt, ROOT } from "../harness/dist";
import { type Registered, runMocked, unsealed } from "../harness/pulumi/mockedExample";
import { withKubernetes } from "../harness/recipes/kubernetesPackage";

const ARN = "arn:aws:iam::123456789012:user/app";
const current = { accessKeyId: "AKIACURRENT", secretAccessKey: "secret of C", createdAt: "2026-11-01T00:00:00Z" };
const answers = {
  "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey": () => ({
    current,
    currentAccessKeyId: current.accessKeyId,
  }),
};

describe("the example of a secret of Kubernetes", function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => {
    ensureBuilt();
    folder = await withKubernetes();
  });

  async function run(config: Record<string, string> = {}) {
    const settings = { userArn: ARN, ...config };
    const { registered, exported } = await runMocked("kubernetes-secret", settings, answers, undefined, folder);
    const inputs = (type: string) => {
      const found: Registered[] = registered.filter((at) => at.type === type);
      assert.equal(found.length, 1, type);
      return found[0]?.inputs ?? {};
    };
    return { inputs, exported };
  }

  it("compiles with the types of the package's own", async () => {
    const { all, failed } = await execa(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], {
      all: true,
      reject: false,
    });
    assert.ok(!failed, all);
  });

  it("holds the current key for variables and for a file, as a secret, under a name that never changes", async () => {
    const { inputs, exported } = await run({ namespace: "apps" });
    const { metadata, stringData } = inputs("kubernetes:core/v1:Secret");
    assert.deepEqual(metadata, { name: "aws-access-key", namespace: "apps" });
    assert.deepEqual(unsealed(stringData), {
      AWS_ACCESS_KEY_ID: "AKIACURRENT",
      AWS_SECRET_ACCESS_KEY: "secret of C",
      credentials: "[default]\naws_access_key_id=AKIACURRENT\naws_secret_access_key=secret of C\n",
    });
    assert.deepEqual(exported, { secretName: "aws-access-key", currentAccessKeyId: "AKIACURRENT" });
  });

  it("is changed where it is, and not replaced", async () => {
    const { inputs } = await run();
    assert.equal(inputs("pulumi:providers:kubernetes").enableSecretMutable, "true");
  });

  it("asks for no package whose installation downloads a plugin, where `npm ci` would install it", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
    const scripted = Object.entries(lock.packages as Record<string, { hasInstallScript?: true }>)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path);
    assert.deepEqual(
      scripted.filter((path) => path.includes("@pulumi/")),
      [],
    );
  });
});
