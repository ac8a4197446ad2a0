import assert from "node:assert/strict";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { AccessKeyProvider } from "../../provider/dynamic/provider";
import { INTERNAL_INPUTS, PUBLIC_INPUTS } from "../../provider/model/inputs";
import { AccessKeyMount } from "../../provider/plugin/keys";
import { plainBag } from "../../provider/plugin/wire";
import { jsonInput } from "../../provider/program/jsonInput";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { settled } from "../harness/outputs";

type Props = Record<string, unknown>;

const ID = "AKIALOGIN00000000000";
const SECRET = "wJalrXUtnFEMIKK7MDENGKbPxRfiCYEXAMPLEKEY"; // as about a quarter of all secrets: letters and digits alone
const CURRENT = { accessKeyId: "AKIACURRENT000000000", secretAccessKey: "cur/rentXUtnFEMI7MDENGbPxRfiCYEXAMPLEKEY" };
const GOOD: Props = {
  userArn: "arn:aws:iam::123456789012:user/ci/deployer",
  login: { accessKeyId: ID, secretAccessKey: `${SECRET}+`, sessionToken: "FwoGZXIvYXdzEJr//////////wEaDEXAMPLE=" },
  state: {
    current: CURRENT,
    previous: { accessKeyId: "AKIAPREVIOUS00000000", secretAccessKey: "pre/viousXUtnFEMI7M" },
  },
  gracePeriod: "7d",
};

/** What is none of the texts that the property takes, whichever that is. */
const NO_TEXT = [5, true, [ID], {}, { x: SECRET }, new Date(0), new Map([["a", 1]]), "text of nothing", ` ${SECRET}`];
const NO_ID = ["", SECRET, ID.toLowerCase(), `${ID}\n`, `\t${ID}`, `"${ID}"`, "AIDAIOSFODNN7EXAMPLE", ID.slice(0, 15)];
const IDS = [...NO_TEXT, ...NO_ID];
const KEY_IDS = [...IDS, "ASIAIOSFODNN7EXAMPLE"];
const SECRETS = [
  ...NO_TEXT,
  "",
  ID,
  `${SECRET}\n`,
  `${SECRET}\r`,
  `${SECRET.slice(0, 9)} ${SECRET}`,
  `${SECRET}\u00e4`,
];
const NO_PERIOD = ["", SECRET, ID, 90, "90", "90d\n", " 90d", "1.5d", "-1d", "0d", "1y", "90 d", "21y"];
const PERIODS = [...NO_TEXT, ...NO_PERIOD];
const WRONG: Record<string, unknown[]> = {
  userArn: [...NO_TEXT, "", SECRET, ID, `${GOOD.userArn}\n`, ` ${GOOD.userArn}`, "arn:aws:iam::123456789012:user/*"],
  region: [...NO_TEXT, "", SECRET, ID, "eu-central-1\n", "eu-central-1\r", " eu-central-1", "../../evil", "cn-north-1"],
  login: [5, true, "text of nothing", SECRET, [ID, SECRET], [CURRENT]],
  "login.accessKeyId": IDS,
  "login.secretAccessKey": SECRETS,
  "login.sessionToken": SECRETS,
  state: [5, true, "text of nothing", SECRET, {}, [CURRENT], new Map([["current", CURRENT]]), { current: null }],
  "state.current": [5, "text of nothing", SECRET, [CURRENT]],
  "state.current.accessKeyId": KEY_IDS,
  "state.current.secretAccessKey": SECRETS,
  "state.previous": [5, "text of nothing", SECRET, [CURRENT]],
  "state.previous.accessKeyId": [...KEY_IDS, CURRENT.accessKeyId],
  "state.previous.secretAccessKey": SECRETS,
  rotateEvery: PERIODS,
  gracePeriod: PERIODS,
  deactivatePeriod: PERIODS,
  lastUsedGuard: PERIODS,
  other: ["text of nothing", SECRET],
  "login.other": [SECRET],
  "state.other": [CURRENT],
  "state.current.other": [SECRET],
};

const WAYS: [string, (value: unknown) => unknown][] = [
  ["plain", (value) => value],
  ["as a secret", (value) => pulumi.secret(value)],
  ["as an output", (value) => pulumi.output(value)],
  ["as a promise", (value) => Promise.resolve(value)],
];

/** What a preview can't know. */
function unknown(): unknown {
  const [nothing, no] = [Promise.resolve(undefined), Promise.resolve(false)];
  const make = pulumi.Output as unknown as new (...parts: unknown[]) => pulumi.Output<unknown>;
  return new make(new Set(), nothing, no, no, Promise.resolve(new Set()));
}

/** Good inputs with another value at one place. */
function withValue(path: string, value: unknown): Props {
  const put = (inside: unknown, [name, ...more]: string[]): unknown =>
    name === undefined ? value : { ...(inside as Props), [name]: put((inside as Props)?.[name], more) };
  return put(GOOD, path.split(".")) as Props;
}

/** The texts in a value that are long enough to be looked for. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return value.trim().length > 8 ? [value.trim()] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

const world = { env: {}, connect: () => assert.fail("nothing is sent") } as never;
const [dynamic, plugin] = [new AccessKeyProvider(world), new AccessKeyMount(world)];
const URN = "urn:pulumi:dev::program::aws-iam-rotator:index:RotatedAccessKey::ci";

/** What both mounts say of inputs as they reach the engine. */
async function saidOf(bag: Props): Promise<string[]> {
  const { failures = [] } = await dynamic.check({}, plainBag(bag));
  const said = failures.map(({ property, reason }) => `${property}${reason}`);
  // Beside the inputs a program in another language has nothing that the class adds.
  const internal = ["__provider", "run", ...INTERNAL_INPUTS];
  const inputs = Object.fromEntries(Object.entries(bag).filter(([name]) => !internal.includes(name)));
  assert.deepEqual(
    said,
    plugin.check(URN, {}, inputs).failures.map(({ property, reason }) => `${property}: ${reason}`),
  );
  return said;
}

describe("an input that is wrong", () => {
  const reached = new Map<string, Props>();
  let count = 0;
  before(async () => {
    await pulumi.runtime.setMocks({ call: () => ({}), newResource: () => ({ id: "ci", state: {} }) });
    const monitor = pulumi.runtime.getMonitor();
    assert.ok(monitor);
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = ((request: Parameters<typeof register>[0], ...rest: [never, never]) => {
      reached.set(request.getName(), (request.getObject()?.toJavaScript() ?? {}) as Props);
      return (register as (...all: unknown[]) => never)(request, ...rest);
    }) as unknown as typeof register;
  });

  /** What both mounts say of what a program passes. */
  async function told(args: Props): Promise<string[]> {
    const name = `ci-${++count}`;
    await settled(new RotatedAccessKey(name, args as never).urn);
    return saidOf(reached.get(name) ?? assert.fail());
  }

  it("has a row for each input but the triggers, of which there is more below; none is among those it begins with", async () => {
    for (const name of PUBLIC_INPUTS) assert.ok(name in WRONG || /^(rotation|revocation)Trigger$/.test(name), name);
    assert.deepEqual(await told(GOOD), []);
  });

  for (const [path, values] of Object.entries(WRONG)) {
    it(`${path}: is refused by its name, however it is passed, and no value is repeated`, async () => {
      for (const value of values) {
        for (const [way, wrap] of WAYS) {
          const what = `${path} ${way}: ${JSON.stringify(value)}`;
          const failures = await told(withValue(path, wrap(value)));
          const isNamed = (failure: string) => failure.startsWith(`${path}:`) || failure.startsWith(`${path}.`);
          assert.ok(failures.some(isNamed), what);
          for (const text of texts(value)) assert.ok(!failures.join().includes(text), `repeated: ${what}`);
        }
      }
    });

    it(`${path}: what a preview can't know is refused only where it has no such name`, async () => {
      assert.deepEqual(
        (await told(withValue(path, unknown()))).map((failure) => failure.split(":")[0]),
        path === "other" ? [path] : [],
      );
    });
  }

  for (const name of ["__provider", "run", ...INTERNAL_INPUTS]) {
    it(`${name}, which no program of the plugin may pass, is refused by its name`, () => {
      const { userArn } = GOOD;
      const failuresOf = (urn: string, olds: Props) =>
        plugin.check(urn, olds, { userArn, [name]: { text: SECRET } }).failures.map(({ property }) => property);
      assert.deepEqual(failuresOf(URN, {}), [name]);
      assert.deepEqual(failuresOf(URN, { [name]: { text: "of another run" } }), [name]);
      assert.deepEqual(failuresOf(URN, { [name]: { text: SECRET } }), [], "with the option ignoreChanges");
      const ofUser = URN.replace("::aws-iam", "::team:index:Team$aws-iam-rotator:index:RotatedUser$aws-iam");
      assert.deepEqual(failuresOf(ofUser, {}), ["awsProvider", "run"].includes(name) ? [] : [name]);
    });
  }

  it("repeats no text that stands in the place of a name", async () => {
    for (const place of ["login", "state", "state.current"]) {
      const failures = await told(withValue(`${place}.${SECRET}`, "x"));
      assert.deepEqual(
        failures.map((failure) => failure.split(":")[0]),
        [place],
      );
      assert.ok(!failures.join().includes(SECRET));
    }
  });
});

describe("a trigger that is no JSON", () => {
  class Money {}
  const half = ["half \ud83d", { "half \ude00": 1 }];
  const values: unknown[] = [Number.NaN, 10n, () => 1, Symbol("a"), ...half, new Date("never")];
  const emptied = [new Map([["a", 1]]), new Set(["a"]), new URL("https://example.com"), /text/, new Money(), {}];
  const assets = [new pulumi.asset.StringAsset("text"), new pulumi.asset.FileArchive("text")];

  // What is known late is told as an error as well.
  before(() => void mock.method(pulumi.log, "error", async () => {}));
  after(() => mock.restoreAll());

  /** Who refuses it: the program, by an error, or check. */
  async function refusedBy(given: unknown, name = "rotationTrigger"): Promise<string> {
    try {
      const trigger = await settled(pulumi.output(jsonInput(given, `RotatedAccessKey ci: ${name}`)));
      const said = await saidOf({ userArn: GOOD.userArn, [name]: trigger });
      return said.map((failure) => failure.split(":")[0]).join();
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error));
      return /RotatedAccessKey ci: (\w+Trigger[^ ]*) is /.exec((error as Error).message)?.[1] ?? String(error);
    }
  }

  for (const [way, wrap] of WAYS) {
    it(`is refused by its name, ${way}, alone and inside`, async () => {
      for (const value of [...values, ...emptied, ...assets]) {
        for (const name of ["rotationTrigger", "revocationTrigger"]) {
          assert.equal(await refusedBy(wrap(value), name), name);
          assert.equal(await refusedBy(wrap({ at: [value] }), name), `${name}.at[0]`);
        }
      }
    });
  }

  it("a Date is refused where an output has made it empty", async () => {
    const date = new Date("2026-11-25T10:00:00Z");
    for (const given of [pulumi.output(date), pulumi.secret(date), Promise.resolve(pulumi.secret(date))]) {
      assert.equal(await refusedBy(given), "rotationTrigger");
    }
    assert.equal(await refusedBy(pulumi.all([1, date])), "rotationTrigger[1]");
    assert.equal(await refusedBy({ a: [pulumi.output(date)] }), "rotationTrigger.a[0]");
  });
});
