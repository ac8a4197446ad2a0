import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ownerHash } from "../../provider/model/owner";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { RotatedUser } from "../../provider/program/rotatedUser";

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

/** What transforms of the engine's add to the tags of a user. */
let added = {};
afterEach(() => {
  added = {};
});

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
        if (type === USER)
          return { id: name, state: { name, ...inputs, arn: ARN, tags: { ...inputs.tags, ...added } } };
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

const settled = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => void output.apply(resolve));

const SETTINGS = { accessKey: LOGIN.accessKeyId, secretKey: LOGIN.secretAccessKey, region: "eu-west-1" };

/** As an `aws.Provider` is registered, with more than is read of it. */
class Aws extends pulumi.ProviderResource {
  constructor(settings: object = { ...SETTINGS, profile: undefined, token: "", skipRegionValidation: "true" }) {
    super("aws", "other", { ...settings });
  }
}

describe("RotatedUser", () => {
  it("makes exactly a user and its keys, named as itself, and its children", async () => {
    const { seen, of } = await run(() => new RotatedUser("deploy"));
    assert.deepEqual(
      seen.map(({ type, name }) => [type, name]),
      [COMPONENT, USER, KEY].map((type) => [type, "deploy"]),
    );
    assert.equal(of(COMPONENT).parent, "");
    const urn = `urn:pulumi:stack::project::${COMPONENT}::deploy`;
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
    class Team extends pulumi.ComponentResource {
      constructor() {
        super("my:index:Team", "team");
      }
    }
    const ownerBelow = async (parent: () => pulumi.Resource | undefined) => {
      const { of } = await run(() => {
        const at = parent();
        return new RotatedAccessKey("ci", { userArn: ARN }, at && { parent: at });
      });
      return of(KEY).inputs.journalOwner;
    };
    const alone = await ownerBelow(() => undefined);
    assert.equal(alone, ownerHash(`urn:pulumi:stack::project::${KEY}::ci`));
    assert.equal(await ownerBelow(() => new Team()), ownerHash(`urn:pulumi:stack::project::my:index:Team$${KEY}::ci`));
    assert.notEqual(await ownerBelow(() => new Team()), alone);
  });

  it("makes the keys after the user, so that they are deleted before it", async () => {
    const { of, resource } = await run(() => new RotatedUser("deploy"));
    assert.ok(of(KEY).dependsOn.includes(await settled(resource.user.urn)));
  });

  it("hands its outputs on", async () => {
    const { resource } = await run(() => new RotatedUser("deploy", { user: { name: "ci" } }));
    const { userName, userArn, current, currentAccessKeyId } = resource;
    const all = await settled(pulumi.all([userName, userArn, current, currentAccessKeyId]));
    assert.deepEqual(all, ["ci", ARN, CURRENT, CURRENT.accessKeyId]);
  });

  for (const preview of [false, true]) {
    it(`keeps current and previous secret in ${preview ? "a preview" : "mocks"}, and the ids open`, async () => {
      const { resource } = await run(() => new RotatedUser("deploy"), preview);
      const { current, previous, currentAccessKeyId, currentCreatedAt, userArn } = resource;
      const outputs: pulumi.Output<unknown>[] = [current, previous, current.secretAccessKey];
      assert.deepEqual(await Promise.all(outputs.map(pulumi.isSecret)), [true, true, true]);
      const open = await Promise.all([currentAccessKeyId, currentCreatedAt, userArn].map((at) => pulumi.isSecret(at)));
      assert.deepEqual(open, [false, false, false]);
    });
  }

  it("protects both children with itself", async () => {
    const { seen } = await run(() => new RotatedUser("deploy", {}, { protect: true }));
    assert.deepEqual(
      seen.map(({ protect }) => protect),
      [true, true, true],
    );
  });

  it("passes its aliases on; its children, which carry its name, inherit them in the engine", async () => {
    const { of } = await run(() => new RotatedUser("deploy", {}, { aliases: [{ name: "before" }] }));
    assert.deepEqual(of(COMPONENT).aliases, ["before", "aws-iam-rotator:index:RotatedUser"]);
  });

  it("lies under the parent that it is given", async () => {
    class Platform extends pulumi.ComponentResource {
      constructor() {
        super("example:index:Platform", "platform");
      }
    }
    const { of } = await run(() => new RotatedUser("deploy", {}, { parent: new Platform() }));
    assert.match(of(COMPONENT).parent, /::example:index:Platform::platform$/);
    assert.match(of(KEY).parent, /example:index:Platform\$pulumi-aws-iam-rotator:index:RotatedUser::deploy$/);
  });

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
    class Team extends pulumi.ComponentResource {
      constructor(tags: object) {
        super("my:index:Team", "team", {}, { transformations: [tagging(tags)] });
      }
    }
    const below = (tags: object) =>
      run(() => new RotatedUser("deploy", { user: { tags: { a: "b" } } }, { parent: new Team(tags) }));
    assert.deepEqual((await below({ team: "x" })).of(USER).inputs.tags, { a: "b", team: "x" });
    await assert.rejects(below({ team: "" }), /^Error: RotatedUser deploy: the tag team has an empty value/);
    await assert.rejects(
      below({ "pulumi-aws-iam-rotator": "x" }),
      /^Error: RotatedUser deploy: the tag pulumi-aws-iam-rotator/,
    );
  });

  it("keeps the journal's tag out of comparisons, whatever a transformation leaves out", async () => {
    const bare: pulumi.ResourceTransformation = ({ type, opts: { parent } }) =>
      type === USER && parent ? { props: {}, opts: { parent, ignoreChanges: ["path"] } } : undefined;
    const { of } = await run(() => new RotatedUser("deploy", {}, { transformations: [bare] }));
    const { inputs, ignored } = of(USER);
    assert.deepEqual(inputs, { tags: { "rotated-by": "pulumi-aws-iam-rotator" }, tagsAll: {} });
    assert.deepEqual(ignored, ["path", "tags.pulumi-aws-iam-rotator", "tagsAll.pulumi-aws-iam-rotator"]);
  });

  for (const preview of [false, true]) {
    it(`asks for no key where the engine's answer has a tag that a transform has added${preview ? ", in a preview" : ""}`, async () => {
      added = { team: "", "pulumi-aws-iam-rotator": "v1 done" };
      const { of } = await run(() => new RotatedUser("deploy", { user: { tags: { a: "b" } } }), preview);
      assert.equal(of(KEY).inputs.userArn, "", "registered, so that nobody deletes it, and refused by check");
      added = { team: "x", "pulumi-aws-iam-rotator": "v1 done" };
      assert.equal((await run(() => new RotatedUser("deploy"), preview)).of(KEY).inputs.userArn, ARN);
    });
  }

  it("runs the transformations of its user on its children", async () => {
    const ignoreTags: pulumi.ResourceTransformation = ({ type, props, opts }) =>
      type === USER ? { props, opts: pulumi.mergeOptions(opts, { ignoreChanges: ["tags"] }) } : undefined;
    const { of } = await run(() => new RotatedUser("deploy", {}, { transformations: [ignoreTags] }));
    assert.ok(of(USER).ignored.includes("tags"));
    assert.deepEqual(of(KEY).ignored, []);
  });
});

describe("RotatedAccessKey", () => {
  const make =
    (args: object = {}, opts?: pulumi.CustomResourceOptions) =>
    () =>
      new RotatedAccessKey("ci", { userArn: ARN, ...args }, opts);

  for (const [title, wrap] of [
    ["plain", <T>(value: T) => value],
    ["wrapped", <T>(value: T) => pulumi.secret(value)],
  ] as const) {
    it(`login and state reach the engine as secrets, passed in ${title}`, async () => {
      const { of } = await run(make({ login: wrap(LOGIN), state: wrap(STATE) }));
      const { login, state } = of(KEY).inputs;
      assert.deepEqual([unsealed(login), unsealed(state)], [LOGIN, STATE]);
    });
  }

  it("a secret inside a plain login makes no secret within a secret", async () => {
    const login = { ...LOGIN, secretAccessKey: pulumi.secret(LOGIN.secretAccessKey) };
    assert.deepEqual(unsealed((await run(make({ login }))).of(KEY).inputs.login), LOGIN);
  });

  it("asks the engine to keep its keys secret, beside what the program asks for", async () => {
    const { of } = await run(make({}, { additionalSecretOutputs: ["userArn"] }));
    assert.deepEqual(of(KEY).secretOutputs.sort(), [
      "answered",
      "awsProvider",
      "current",
      "login",
      "previous",
      "state",
      "userArn",
    ]);
  });

  it("passes the options of a custom resource on", async () => {
    const { of } = await run(make({}, { protect: true, ignoreChanges: ["rotationTrigger"], aliases: [{ name: "x" }] }));
    const { protect, ignored, aliases } = of(KEY);
    const plugins = "aws-iam-rotator:index:RotatedAccessKey";
    assert.deepEqual([protect, ignored, aliases], [true, ["rotationTrigger"], ["x", plugins]]);
  });

  it("changes neither the arguments nor the options that it is given", async () => {
    const [args, opts] = [Object.freeze({ login: Object.freeze({ ...LOGIN }) }), Object.freeze({ protect: true })];
    await run(make(args, opts));
  });

  it("reads an AWS provider of its own, and passes the other options on", async () => {
    const { of } = await run(() => make({}, { provider: new Aws(), protect: true })());
    const { inputs, provider, protect } = of(KEY);
    assert.deepEqual([unsealed(inputs.awsProvider), provider, protect], [SETTINGS, "", true]);
  });

  it("has no settings of a provider where it has no explicit one", async () => {
    assert.ok(!("awsProvider" in (await run(make())).of(KEY).inputs));
  });

  it("names `login` where its AWS provider shows nothing, and does without where there is one", async () => {
    await assert.rejects(
      run(() => make({}, { provider: new Aws({}) })()),
      /^Error: RotatedAccessKey ci: the settings of its AWS provider can't be read .* as `login: \{ accessKeyId/,
    );
    const { of } = await run(() => make({ login: LOGIN }, { provider: new Aws({}) })());
    assert.deepEqual([unsealed(of(KEY).inputs.login), "awsProvider" in of(KEY).inputs], [LOGIN, false]);
  });

  it("refuses the option import, and says what to do instead", () => {
    assert.throws(
      make({}, { import: ARN }),
      /^Error: RotatedAccessKey ci: keys can't be imported, .* Pass them as `state`/,
    );
  });
});
