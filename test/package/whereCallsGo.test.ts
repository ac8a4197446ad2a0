import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import execa from "execa";
import { logToStderr } from "../../tools/commands";
import { pythonWith } from "../../tools/endpoint/python";
import { startShim } from "../support/shim";
import { PROVIDER, Program, pack } from "./program";

const USER = "arn:aws:iam::123456789012:user/deployer";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: "secret" };

interface Story {
  title: string;
  env?: Record<string, string>;
  config?: Record<string, string>;
  /** The profile `ops`, beside its keys. */
  profile?: string;
  userArn?: string;
  /** The hosts that are asked; `own`: the address that the story gives. */
  asks: string[];
  /** What the AWS CLI is given in its place, for what is no setting of the environment. `none`: it has nothing like it. */
  cli?: string[] | "none";
  /** Where the AWS CLI goes elsewhere: there, and why we don't. */
  differs?: { asks: string[]; because: string };
}

// The measure is what the AWS CLI and @pulumi/aws do with the same environment: the AWS CLI is run beside it, in each row.
describe("where calls go, from the packed tarball", function () {
  this.timeout(180_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-places-"));
  let asked: Set<string>;
  let python: string;
  let listener: http.Server;
  let address: string;

  /** Notes whom it is asked to reach, as a proxy, or that it is asked itself; and helps nobody. */
  before(async () => {
    python = await pythonWith(logToStderr, "awscli");
    await program.install(await pack(folder));
    listener = http.createServer((_request, response) => {
      asked.add("own");
      response.statusCode = 400;
      response.end("<ErrorResponse><Error><Code>ValidationError</Code><Message>no</Message></Error></ErrorResponse>");
    });
    listener.on("connect", (request, socket) => {
      asked.add(String(request.url).replace(/:443$/, ""));
      socket.on("error", () => {});
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    address = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  });
  after(() => {
    listener?.close();
    program.remove();
    rmSync(folder, { recursive: true });
  });

  const ops = { AWS_PROFILE: "ops" };
  const byConfig = { "aws:profile": "ops" };
  const byOption = ["--profile", "ops"];
  const OWN = "http://ADDRESS";
  const stories: Story[] = [
    { title: "by nothing but a proxy", asks: ["iam.amazonaws.com"] },
    { title: "a proxy without a scheme", env: { HTTPS_PROXY: "ADDRESS" }, asks: ["iam.amazonaws.com"] },
    {
      title: "a proxy of the stack's",
      env: { HTTPS_PROXY: "" },
      config: { "aws:httpsProxy": OWN },
      cli: "none",
      asks: ["iam.amazonaws.com"],
    },
    {
      title: "a proxy of the stack's, for both",
      env: { HTTPS_PROXY: "" },
      config: { "aws:httpProxy": OWN },
      cli: "none",
      asks: ["iam.amazonaws.com"],
    },
    { title: "AWS_ENDPOINT_URL", env: { AWS_ENDPOINT_URL: OWN }, asks: ["own"] },
    { title: "AWS_ENDPOINT_URL_IAM", env: { AWS_ENDPOINT_URL_IAM: OWN }, asks: ["own"] },
    {
      title: "aws:endpoints",
      config: { "aws:endpoints": `[{"iam":"${OWN}"}]` },
      cli: ["--endpoint-url", OWN],
      asks: ["own"],
    },
    { title: "endpoint_url of AWS_PROFILE", env: ops, profile: `endpoint_url = ${OWN}`, asks: ["own"] },
    {
      title: "endpoint_url of aws:profile",
      config: byConfig,
      cli: byOption,
      profile: `endpoint_url = ${OWN}`,
      asks: ["own"],
    },
    {
      title: "a services section of aws:profile",
      config: byConfig,
      cli: byOption,
      profile: `services = here\n[services here]\niam =\n  endpoint_url = ${OWN}`,
      asks: ["own"],
    },
    { title: "AWS_USE_FIPS_ENDPOINT", env: { AWS_USE_FIPS_ENDPOINT: "true" }, asks: ["iam-fips.amazonaws.com"] },
    {
      title: "aws:useFipsEndpoint",
      config: { "aws:useFipsEndpoint": "true" },
      cli: "none",
      asks: ["iam-fips.amazonaws.com"],
    },
    {
      title: "use_fips_endpoint of AWS_PROFILE",
      env: ops,
      profile: "use_fips_endpoint = true",
      asks: ["iam-fips.amazonaws.com"],
    },
    {
      title: "use_fips_endpoint of aws:profile",
      config: byConfig,
      cli: byOption,
      profile: "use_fips_endpoint = true",
      asks: ["iam-fips.amazonaws.com"],
    },
    { title: "AWS_USE_DUALSTACK_ENDPOINT", env: { AWS_USE_DUALSTACK_ENDPOINT: "true" }, asks: ["iam.global.api.aws"] },
    {
      title: "aws:useDualstackEndpoint",
      config: { "aws:useDualstackEndpoint": "true" },
      cli: "none",
      asks: ["iam.global.api.aws"],
    },
    {
      title: "a user in China",
      userArn: USER.replace("aws", "aws-cn"),
      cli: ["--region", "cn-north-1"],
      asks: ["iam.cn-north-1.amazonaws.com.cn"],
    },
    {
      title: "a user in GovCloud",
      userArn: USER.replace("aws", "aws-us-gov"),
      cli: ["--region", "us-gov-west-1"],
      asks: ["iam.us-gov.amazonaws.com"],
    },
    {
      title: "NO_PROXY for an endpoint of one's own",
      env: { AWS_ENDPOINT_URL: "http://localhost:PORT", HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "nothing" },
      asks: ["own"],
      differs: {
        asks: [],
        because: "Go's rules, which @pulumi/aws follows, send nothing for localhost through a proxy",
      },
    },
    { title: "ALL_PROXY, which is none", env: { HTTPS_PROXY: "", ALL_PROXY: OWN }, asks: [] },
  ];
  const filled = (given: Record<string, string>) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fill(value)]));
  const fill = (text: string) => text.replace("ADDRESS", address).replace("PORT", address.split(":")[1] ?? "");

  /** What both are run with, in a home of its own. */
  function surroundings(at: number, { env = {}, profile }: Story): Record<string, string> {
    const home = join(folder, `home${at}`);
    mkdirSync(join(home, ".aws"), { recursive: true });
    const keys = `aws_access_key_id = ${KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = secret`;
    writeFileSync(join(home, ".aws/config"), `[profile ops]\n${keys}\n${fill(profile ?? "")}\n`);
    return {
      HOME: home,
      HTTPS_PROXY: `http://${address}`,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      ...(profile ? {} : KEYS),
      ...filled(env),
    };
  }

  for (const [at, story] of stories.entries()) {
    const { title, config = {}, userArn = USER, asks, cli = [], differs } = story;
    it(`${title}: ${asks.join() || "nobody here"}`, async () => {
      asked = new Set();
      const env = surroundings(at, story);
      const shim = await startShim({
        cwd: program.folder,
        pulumiPackage: join(program.folder, "node_modules/@pulumi/pulumi"),
        config: filled(config),
        env,
      });
      try {
        const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
        await assert.rejects(shim.create(inputs), /iam:(GetUser|ListAccessKeys) failed with /);
        assert.deepEqual([...asked], asks);
      } finally {
        await shim.stop();
      }
    });
    if (cli === "none") continue;
    it(`${title}: the AWS CLI ${differs ? `goes elsewhere, since ${differs.because}` : "goes there too"}`, async () => {
      asked = new Set();
      const command = ["-m", "awscli", "iam", "list-access-keys", "--user-name", "deployer", ...cli.map(fill)];
      // It wants a region; ours takes that in which the partition's IAM lives.
      const env = { PATH: process.env.PATH ?? "", AWS_DEFAULT_REGION: "us-east-1", ...surroundings(at, story) };
      const { failed } = await execa(python, command, { env, extendEnv: false, reject: false, timeout: 30_000 });
      assert.ok(failed, "nobody there is AWS");
      assert.deepEqual([...asked], differs?.asks ?? asks);
    });
  }
});
