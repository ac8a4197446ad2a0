import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ownerHash } from "../../provider/model/owner";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { RotatedUser } from "../../provider/program/rotatedUser";
import { settled } from "../harness/outputs";

const USER = "aws:iam/user:User";
const KEY = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
const COMPONENT = "pulumi-aws-iam-rotator:index:RotatedUser";
const ARN = "arn:aws:iam::123456789012:user/ci/deploy";
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: "secret of the login" };
const STATE = { current: { accessKeyId: "AKIAOLD0000000000000", secretAccessKey: "secret to adopt" } };
const CURRENT = {
  accessKeyId: "AKIANEW0000000000000",
  secretAccessKey: "secret made",
  createdAt: "2026-11-01T00:00:00Z",
};

/** What the engine is asked to register, as far as these tests look at it. */
interface Registration {
  type: string;
  name: string;
  parent: string;
  inputs: Record<string, unknown>;
  provider: string;
  protect: boolean;
  aliases: string[];
  ignored: string[];
  secretOutputs: string[];
  dependsOn: string[];
}

/** The mock of @pulumi/pulumi tells little of a registration: its monitor is asked for the rest. */
async function run<T extends RotatedUser | RotatedAccessKey>(program: () => T, preview = false) {
  const seen: Registration[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource({ type, name, inputs }) {
        if (type === USER) return { id: name, state: { name, ...inputs, arn: ARN } };
        if (type !== KEY || preview) return { id: preview ? "" : ARN, state: inputs };
        return { id: ARN, state: { ...inputs, current: CURRENT, currentAccessKeyId: CURRENT.accessKeyId } };
      },
    },
    "project",
    "stack",
    preview,
  );
  const monitor = pulumi.runtime.getMonitor();
  assert.ok(monitor);
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = ((request: Parameters<typeof register>[0], ...rest: [never, never]) => {
    seen.push({
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      inputs: request.getObject()?.toJavaScript() ?? {},
      provider: request.getProvider(),
      protect: request.getProtect() === true,
      aliases: request.getAliasesList().map((alias) => {
        const spec = alias.getSpec();
        return alias.getUrn() || spec?.getName() || spec?.getType() || "";
      }),
      ignored: request.getIgnorechangesList(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
      dependsOn: request.getDependenciesList(),
    });
    return (register as (...all: unknown[]) => never)(request, ...rest);
  }) as unknown as typeof register;
  const resource = program();
  // An output that settles: everything before it is registered.
  await pulumi.isSecret(resource.current);
  const of = (type: string) => {
    const [one, ...others] = seen.filter((at) => at.type === type);
    assert.ok(one && others.length === 0, `one ${type}, not ${others.length + 1}`);
    return one;
  };
  return { resource, seen, of };
}

const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** What is inside an input that reaches the engine as a secret. */
function unsealed(input: unknown): unknown {
  const { value, ...signature } = input as Record<string, unknown>;
  assert.deepEqual(Object.values(signature), [SECRET_SIGNATURE], "not a secret");
  return value;
}

const SETTINGS = { accessKey: LOGIN.accessKeyId, secretKey: LOGIN.secretAccessKey, region: "eu-west-1" };

/** As an `aws.Provider` is registered, with more than is read of it. */
class Aws extends pulumi.ProviderResource {
  constructor(settings: object = { ...SETTINGS, profile: undefined, token: "", skipRegionValidation: "true" }) {
    super("aws", "other", { ...settings });
  }
}

class Team extends pulumi.ComponentResource {
  constructor(opts: pulumi.ComponentResourceOptions = {}) {
    super("my:index:Team", "team", {}, opts);
  }
}

// What the engine makes of their options is in test/engine/userOptions.test.ts, and of transforms in transforms.test.ts.
describe("RotatedUser", () => {
  it("makes exactly a user and its keys, named as itself, and its children, below the parent that it is given", async () => {
    const { seen, of } = await run(() => new RotatedUser("deploy", {}, { parent: new Team() }));
    assert.deepEqual(
      seen.map(({ type, name }) => [type, name]),
      [["my:index:Team", "team"], ...[COMPONENT, USER, KEY].map((type) => [type, "deploy"])],
    );
    assert.equal(of(COMPONENT).parent, "urn:pulumi:stack::project::my:index:Team::team");
    const urn = `urn:pulumi:stack::project::my:index:Team$${COMPONENT}::deploy`;
    assert.deepEqual([of(USER).parent, of(KEY).parent], [urn, urn]);
  });

  it("passes the user's arguments to the user, and all others to the keys", async () => {
    const user = { name: "ci", path: "/ci/", tags: { team: "x" }, forceDestroy: true };
    const rotation = { rotationTrigger: { at: ["2026-11"] }, region: "eu-west-1" };
    const { of } = await run(() => new RotatedUser("deploy", { user, ...rotation, login: LOGIN, state: STATE }));
    const { inputs } = of(USER);
    assert.deepEqual({ ...inputs, ...user }, inputs);
    for (const name of ["rotationTrigger", "region", "login", "state"]) assert.ok(!(name in inputs), name);
    const key = of(KEY).inputs;
    assert.deepEqual({ ...key, ...rotation, userArn: ARN }, key);
    assert.deepEqual([unsealed(key.login), unsealed(key.state)], [LOGIN, STATE]);
    assert.ok(!("user" in key) && !("path" in key));
  });

  it("is an owner of its own below each parent: of two keys of one name, neither is taken for the other's", async () => {
    for (const [parent, urn] of [
      [() => undefined, `urn:pulumi:stack::project::${KEY}::ci`],
      [() => new Team(), `urn:pulumi:stack::project::my:index:Team$${KEY}::ci`],
    ] as const) {
      const { of } = await run(() => {
        const at = parent();
        return new RotatedAccessKey("ci", { userArn: ARN }, at && { parent: at });
      });
      assert.equal(of(KEY).inputs.journalOwner, ownerHash(urn));
    }
  });

  it("makes the keys after the user, so that they are deleted before it", async () => {
    const { of, resource } = await run(() => new RotatedUser("deploy"));
    assert.ok(of(KEY).dependsOn.includes(await settled(resource.user.urn)));
  });

  for (const preview of [false, true]) {
    it(`hands its outputs on: current and previous as secrets, the ids open, in ${preview ? "a preview" : "an update"}`, async () => {
      const { resource } = await run(() => new RotatedUser("deploy", { user: { name: "ci" } }), preview);
      const { current, previous, currentAccessKeyId, currentCreatedAt, userArn, userName } = resource;
      const secret: pulumi.Output<unknown>[] = [current, previous, current.secretAccessKey];
      assert.deepEqual(await Promise.all(secret.map(pulumi.isSecret)), [true, true, true]);
      const open = [currentAccessKeyId, currentCreatedAt, userArn];
      assert.deepEqual(await Promise.all(open.map((at) => pulumi.isSecret(at))), [false, false, false]);
      if (preview) return;
      const all = await settled(pulumi.all([userName, userArn, current, currentAccessKeyId]));
      assert.deepEqual(all, ["ci", ARN, CURRENT, CURRENT.accessKeyId]);
    });
  }

  for (const [title, options] of [
    ["provider", () => ({ provider: new Aws() })],
    ["a list of providers", () => ({ providers: [new Aws()] })],
    ["a map of providers", () => ({ providers: { aws: new Aws() } })],
  ] as const) {
    it(`hands ${title} to the user, and what it says to the keys: no provider itself reaches a dynamic resource`, async () => {
      const { of } = await run(() => new RotatedUser("deploy", {}, options()));
      assert.match(of(USER).provider, /::pulumi:providers:aws::other::/);
      assert.equal(of(KEY).provider, "");
      assert.deepEqual(unsealed(of(KEY).inputs.awsProvider), SETTINGS);
    });
  }

  it("looks at the tags that a parent's transformation adds to its user", async () => {
    const tagging =
      (tags: object): pulumi.ResourceTransformation =>
      ({ type, props, opts }) =>
        type === USER ? { props: { ...props, tags: { ...props.tags, ...tags } }, opts } : undefined;
    const below = (tags: object) =>
      run(() => {
        const parent = new Team({ transformations: [tagging(tags)] });
        return new RotatedUser("deploy", { user: { tags: { a: "b" } } }, { parent });
      });
    assert.deepEqual((await below({ team: "x" })).of(USER).inputs.tags, { a: "b", team: "x" });
    for (const tags of [{ team: "" }, { "pulumi-aws-iam-rotator": "x" }])
      await assert.rejects(below(tags), new RegExp(`^Error: RotatedUser deploy: the tag ${Object.keys(tags)[0]} `));
  });

  it("keeps the journal's tag out of comparisons, whatever a transformation leaves out, of its user alone", async () => {
    const bare: pulumi.ResourceTransformation = ({ type, opts: { parent } }) =>
      type === USER && parent ? { props: {}, opts: { parent, ignoreChanges: ["path"] } } : undefined;
    const { of } = await run(() => new RotatedUser("deploy", {}, { transformations: [bare] }));
    const { inputs, ignored } = of(USER);
    assert.deepEqual(inputs, { tags: { "rotated-by": "pulumi-aws-iam-rotator" }, tagsAll: {} });
    assert.deepEqual(ignored, ["path", "tags.pulumi-aws-iam-rotator", "tagsAll.pulumi-aws-iam-rotator"]);
    assert.deepEqual(of(KEY).ignored, []);
  });
});

describe("RotatedAccessKey", () => {
  const make =
    (args: object = {}, opts?: pulumi.CustomResourceOptions) =>
    () =>
      new RotatedAccessKey("ci", { userArn: ARN, ...args }, opts);

  it("login and state reach the engine as secrets, passed in plain, wrapped, or with a secret inside", async () => {
    const inside = { ...LOGIN, secretAccessKey: pulumi.secret(LOGIN.secretAccessKey) };
    for (const [login, state] of [
      [LOGIN, STATE],
      [pulumi.secret(LOGIN), pulumi.secret(STATE)],
      [inside, STATE],
    ]) {
      const { inputs } = (await run(make({ login, state }))).of(KEY);
      assert.deepEqual([unsealed(inputs.login), unsealed(inputs.state)], [LOGIN, STATE]);
    }
  });

  it("asks the engine to keep its keys secret, beside what the program asks for, and passes its options on, which stay as they are", async () => {
    const opts = { protect: true, ignoreChanges: ["rotationTrigger"], aliases: [{ name: "x" }] };
    const more = { additionalSecretOutputs: ["userArn"] };
    const { of } = await run(
      make(Object.freeze({ login: Object.freeze({ ...LOGIN }) }), Object.freeze({ ...opts, ...more })),
    );
    const { protect, ignored, aliases, secretOutputs } = of(KEY);
    const plugins = "aws-iam-rotator:index:RotatedAccessKey";
    assert.deepEqual([protect, ignored, aliases], [true, ["rotationTrigger"], ["x", plugins]]);
    const secrets = ["answered", "awsProvider", "current", "login", "previous", "state", "userArn"];
    assert.deepEqual(secretOutputs.sort(), secrets);
  });

  it("reads an AWS provider of its own, and passes the other options on; without one it has no settings", async () => {
    const { of } = await run(() => make({}, { provider: new Aws(), protect: true })());
    const { inputs, provider, protect } = of(KEY);
    assert.deepEqual([unsealed(inputs.awsProvider), provider, protect], [SETTINGS, "", true]);
    assert.ok(!("awsProvider" in (await run(make())).of(KEY).inputs));
  });

  it("names `login` where its AWS provider shows nothing, and does without where there is one", async () => {
    const by = (args: object) => run(() => make(args, { provider: new Aws({}) })());
    await assert.rejects(by({}), /^Error: RotatedAccessKey ci: .*AWS provider can't be read .* `login: /);
    const { inputs } = (await by({ login: LOGIN })).of(KEY);
    assert.deepEqual([unsealed(inputs.login), "awsProvider" in inputs], [LOGIN, false]);
  });

  it("refuses the option import, and says what to do instead", () => {
    assert.throws(make({}, { import: ARN }), /^Error: RotatedAccessKey ci: .*imported, .* `state`/);
  });
});
