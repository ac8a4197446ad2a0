import assert from "node:assert/strict";
import type { Account } from "../harness/aws/account";
import { ownAwsPlugin } from "../harness/pulumi/awsPlugin";
import type { Stack } from "../harness/pulumi/stack";
import { fails, stand } from "../harness/pulumi/stand";
import { remember } from "../harness/secrets";

/**
 * What a program may pass as a secret, each with a value that stands nowhere else. A right ARN is not among them: it is the
 * resource's id, which Pulumi keeps in plain text (docs/how-it-works.md).
 */
const SECRETS = {
  login: "login/secret+access=key/Q7",
  token: "session+token/of=the/login/Q7",
  state: "secret/of+an=adopted/key/Q7",
  trigger: "a trigger that is secret Q7",
  revocation: "a revocation that is secret Q7",
  region: "secretregion-Q7",
  arn: "arn:aws:iam::123456789012:user/ci/hidden-Q7",
  stack: "secret+of/the=stack/Q7",
  proxy: "proxy-password-Q7",
  provider: "secret/of=an+aws/provider/Q7",
} as const;

const program = `
const pulumi = require("@pulumi/pulumi");
const { Provider } = require("@pulumi/aws/provider");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
const { INPUTS, PROVIDER } = process.env;
const hide = (value) => (value && value.hidden !== undefined ? pulumi.secret(value.hidden) : value);
const inputs = Object.fromEntries(Object.entries(JSON.parse(INPUTS)).map(([name, value]) => [name, hide(value)]));
const provider = PROVIDER && new Provider("explicit", JSON.parse(PROVIDER));
const key = new RotatedAccessKey("ci", inputs, { provider });
exports.current = key.current;
`;
const hidden = (value: unknown) => ({ hidden: value });
const LOGIN = { accessKeyId: "AKIALOGIN00000000000", secretAccessKey: SECRETS.login, sessionToken: SECRETS.token };
const KEY = { accessKeyId: "AKIASTATE00000000000", secretAccessKey: SECRETS.state };

/** A row: what is passed, and what the run must say, so that it is known to have come so far. */
interface Scene {
  inputs?: Record<string, unknown>;
  provider?: Record<string, unknown>;
  config?: [name: string, value: string, ...more: string[]][];
  says: RegExp;
}

const REFUSED: Record<string, Scene> = {
  "a misspelled part of a login": {
    inputs: { login: hidden({ ...LOGIN, secretAcessKey: SECRETS.login }) },
    says: /login\.secretAcessKey: there is no such property/,
  },
  "a login that is text": { inputs: { login: hidden(SECRETS.login) }, says: /login: must be \{/ },
  "a login whose parts are swapped": {
    inputs: { login: { accessKeyId: SECRETS.login, secretAccessKey: LOGIN.accessKeyId } },
    says: /login\.accessKeyId: is not an access key id/,
  },
  "a state that is a list": { inputs: { state: hidden([KEY]) }, says: /state: must be \{/ },
  "a state with a misspelled part": {
    inputs: { state: { current: { ...KEY, secret: SECRETS.state } } },
    says: /state\.current\.secret: there is no such property/,
  },
  "a misspelled property": { inputs: { rotationTriger: hidden(SECRETS.trigger) }, says: /rotationTriger: there is no/ },
  "a secret region": { inputs: { region: hidden(SECRETS.region) }, says: /region: is not an AWS region/ },
  "a secret ARN that is none": { inputs: { userArn: hidden(`${SECRETS.arn}:`) }, says: /userArn: / },
  "a secret period": { inputs: { rotateEvery: hidden(SECRETS.trigger) }, says: /rotateEvery: is not a duration/ },
  "a login for an account that is not allowed": {
    inputs: { login: hidden(LOGIN), rotationTrigger: hidden(SECRETS.trigger) },
    config: [["aws:allowedAccountIds", '["999999999999"]']],
    says: /allowedAccountIds, and the user's account 123456789012 is not among them/,
  },
  "half of the stack's credentials": {
    config: [["aws:secretKey", SECRETS.stack, "--secret"]],
    says: /aws:secretKey, without accessKey/,
  },
  "a proxy with a password that can't be used": {
    config: [["aws:httpsProxy", `socks5://me:${SECRETS.proxy}@127.0.0.1:9`, "--secret"]],
    says: /begins with socks/,
  },
  "an explicit provider that is half there": {
    provider: { secretKey: SECRETS.provider, region: "us-east-1" },
    says: /secretKey, without accessKey|AWS provider sets secretKey/,
  },
};

// Holds: "No message, preview, log or plain field of the state contains a secret"
describe("each secret, searched by value in all that is printed and stored", function () {
  this.timeout(300_000);
  for (const secret of Object.values(SECRETS)) remember(secret);
  const at = stand();
  let stack: Stack;
  let account: Account;
  let userArn: string;

  before(async () => {
    account = at.account("hidden-Q7".toLowerCase());
    userArn = await account.createUser();
    stack = await at.stack(program, { path: [await ownAwsPlugin()] });
  });

  function give(inputs: Record<string, unknown> = {}, provider?: Record<string, unknown>): void {
    stack.env.INPUTS = JSON.stringify({ userArn, ...inputs });
    stack.env.PROVIDER = provider ? JSON.stringify(provider) : "";
  }

  for (const [title, { inputs, provider, config = [], says }] of Object.entries(REFUSED)) {
    it(`${title}: refused, by its name alone`, async () => {
      give(inputs, provider);
      for (const setting of config) await stack.must("config", "set", ...setting, "--stack", "dev");
      await fails(stack.run("preview", "--diff", "--stack", "dev"), says);
      // What a resource's own inputs are refused for, an update tells in the same way.
      if (!inputs) await fails(stack.tryUp("--diff"));
      for (const [name] of config) await stack.must("config", "rm", name, "--stack", "dev");
      at.leaksNothing();
    });
  }

  it("a trigger that was secret, and is still recorded while its plain successor waits or fails", async () => {
    const with7d = (rotationTrigger: unknown) => give({ gracePeriod: "7d", rotationTrigger });
    with7d(hidden(`${SECRETS.trigger}1`));
    await stack.up();
    with7d(hidden(`${SECRETS.trigger}2`));
    await stack.up();
    with7d("no secret any more");
    assert.match(await stack.up(), /a rotation \(rotationTrigger changed\) waits until/);
    at.leaksNothing();
    give({ rotationTrigger: "no secret any more" });
    at.proxy.rule({ action: "CreateAccessKey", fault: { kind: "error", code: "AccessDenied", status: 403 } });
    await fails(stack.tryUp("--diff"));
    at.proxy.clear();
    at.leaksNothing();
    await stack.refresh();
    assert.match(await stack.up(), /made AKIA\w+ as current, .* \(rotationTrigger changed\)/);
    await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev");
    at.leaksNothing();
    await stack.destroy();
  });

  it("a life with every secret: made, previewed, rotated, half-done, refused, refreshed, exported, destroyed", async () => {
    const all = (n: number) => ({
      login: LOGIN,
      rotationTrigger: hidden(`${SECRETS.trigger}${n}`),
      revocationTrigger: hidden(SECRETS.revocation),
    });
    give(all(1));
    await stack.up();
    give(all(2));
    await stack.preview("--diff");
    await stack.must("preview", "--json", "--diff", "--stack", "dev");
    at.proxy.rule({ action: "TagUser", nth: 2, fault: { kind: "error", code: "AccessDenied", status: 403 } });
    await fails(stack.tryUp("--diff"));
    at.proxy.clear();
    at.leaksNothing();
    await stack.up("--diff");
    // Somebody else's keys take the slots.
    const [key] = (await account.keys()).map(({ id }) => id);
    await account.deleteKey(key ?? "");
    await account.addKey();
    await stack.refresh();
    give({ ...all(3), state: { previous: hidden({ accessKeyId: KEY.accessKeyId, secretAccessKey: SECRETS.state }) } });
    await fails(stack.tryUp("--diff")); // `state` names a key that is not there
    at.leaksNothing();
    await stack.must("stack", "export", "--stack", "dev");
    await stack.must("stack", "history", "--stack", "dev");
    give(all(3));
    await stack.destroy();
    at.leaksNothing();
  });
});
