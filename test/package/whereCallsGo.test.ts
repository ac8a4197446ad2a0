import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWith } from "../harness/aws/endpoint/python";
import { logToStderr } from "../harness/commands";
import { installPacked } from "../harness/packed";
import { PROVIDER, Program } from "../harness/pulumi/program";
import { startPlaces } from "./places";
import { type Row, Side } from "./sides";

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
  let places: Awaited<ReturnType<typeof startPlaces>>;
  let ours: Side;
  let theirs: Side;

  before(async () => {
    const python = await pythonWith(logToStderr, "awscli");
    await installPacked(join(program.folder, "node_modules"));
    places = await startPlaces();
    ours = new Side(process.execPath, [join(__dirname, "sides.package.cjs")], program.folder);
    theirs = new Side(python, [join(__dirname, "sides.cli.py")], folder);
  });
  after(async () => {
    await ours?.stop();
    await theirs?.stop();
    places?.stop();
    program.remove();
    rmSync(folder, { recursive: true });
  });

  const ops = { AWS_PROFILE: "ops" };
  const asked = { config: { "aws:profile": "ops" }, cli: ["--profile", "ops"] };
  const OWN = "http://ADDRESS";
  const IGNORE = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
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
      ...asked,
      profile: `endpoint_url = ${OWN}`,
      asks: ["own"],
    },
    {
      title: "a services section of aws:profile",
      ...asked,
      profile: `services = here\n[services here]\niam =\n  endpoint_url = ${OWN}`,
      asks: ["own"],
    },
    ...(
      [
        ["a services section that is not there", "services = elsewhere\nendpoint_url = OWN", {}, []],
        [
          "such a section beside an address in the environment",
          "services = elsewhere",
          { AWS_ENDPOINT_URL: OWN },
          ["own"],
        ],
        ["an empty AWS_ENDPOINT_URL", "endpoint_url = OWN", { AWS_ENDPOINT_URL: "" }, ["own"]],
        ["an empty AWS_ENDPOINT_URL_IAM", "endpoint_url = OWN", { AWS_ENDPOINT_URL_IAM: "" }, ["own"]],
        ["an address in the environment", "endpoint_url = http://127.0.0.1:9", { AWS_ENDPOINT_URL: OWN }, ["own"]],
        ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "endpoint_url = OWN", IGNORE, ["iam.amazonaws.com"]],
        ["the same in it", "ignore_configured_endpoint_urls = true\nendpoint_url = OWN", {}, ["iam.amazonaws.com"]],
        ["an address that is none", "endpoint_url = garbage", {}, []],
      ] as const
    ).flatMap(([beside, lines, env, asks]): Story[] => {
      const profile = lines.replace("OWN", OWN);
      return [
        { title: `AWS_PROFILE with ${beside}`, env: { ...ops, ...env }, profile, asks: [...asks] },
        { title: `aws:profile with ${beside}`, ...asked, env, profile, asks: [...asks] },
      ];
    }),
    {
      title: "the profile of aws:profile, not of AWS_PROFILE",
      env: { AWS_PROFILE: "other" },
      ...asked,
      profile: `endpoint_url = ${OWN}\n[profile other]\nendpoint_url = http://127.0.0.1:9`,
      asks: ["own"],
    },
    {
      title: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
      env: { ...IGNORE, AWS_ENDPOINT_URL: OWN, AWS_ENDPOINT_URL_IAM: OWN },
      asks: ["iam.amazonaws.com"],
    },
    {
      title: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS beside aws:endpoints",
      env: IGNORE,
      config: { "aws:endpoints": `[{"iam":"${OWN}"}]` },
      cli: ["--endpoint-url", OWN],
      asks: ["own"],
    },
    { title: "AWS_ENDPOINT_URL that is none", env: { AWS_ENDPOINT_URL: "garbage" }, asks: [] },
    { title: "AWS_ENDPOINT_URL of another kind", env: { AWS_ENDPOINT_URL: "ftp://ADDRESS" }, asks: [] },
    { title: "a region that is none", env: { AWS_REGION: "../../evil", AWS_DEFAULT_REGION: "../../evil" }, asks: [] },
    {
      title: "FIPS and an address",
      env: { AWS_USE_FIPS_ENDPOINT: "true", AWS_ENDPOINT_URL: OWN },
      asks: [],
      differs: { asks: ["own"], because: "AWS's rules, which @pulumi/aws follows, refuse the two together" },
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
      ...asked,
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
  const fill = (text: string) => text.replace("ADDRESS", `127.0.0.1:${places.port}`).replace("PORT", `${places.port}`);
  const filled = (given: Record<string, string>) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fill(value)]));

  /** What both are run with, with files of their own. */
  function surroundings({ env = {}, profile }: Story): Record<string, string> {
    const home = mkdtempSync(join(folder, "row"));
    const keys = `aws_access_key_id = ${KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = secret`;
    writeFileSync(join(home, "config"), `[profile ops]\n${keys}\n${fill(profile ?? "")}\n`);
    return {
      PATH: process.env.PATH ?? "",
      HOME: home,
      AWS_CONFIG_FILE: join(home, "config"),
      HTTPS_PROXY: places.url,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      ...(profile ? {} : KEYS),
      ...filled(env),
    };
  }

  /** Who is asked; nobody there is AWS. */
  async function askedBy(side: Side, row: Row): Promise<string[]> {
    places.asked.clear();
    const { failed, said, noise = "" } = await side.run(row);
    assert.ok(failed);
    assert.equal(noise, "");
    if (places.asked.size === 0) assert.doesNotMatch(said, /no clear answer/);
    return [...places.asked].map((name) => (name === "environment" ? "own" : name));
  }

  for (const story of stories) {
    const { title, config = {}, userArn = USER, asks, cli = [], differs } = story;
    it(`${title}: ${asks.join() || "nobody here"}`, async () => {
      const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
      assert.deepEqual(await askedBy(ours, { env: surroundings(story), config: filled(config), inputs }), asks);
    });
    if (cli === "none") continue;
    it(`${title}: the AWS CLI ${differs ? `goes elsewhere, since ${differs.because}` : "goes there too"}`, async () => {
      const args = ["iam", "list-access-keys", "--user-name", "deployer", ...cli.map(fill)];
      // It wants a region; ours takes that in which the partition's IAM lives.
      const env = { AWS_DEFAULT_REGION: "us-east-1", ...surroundings(story) };
      assert.deepEqual(await askedBy(theirs, { env, args }), differs?.asks ?? asks);
    });
  }
});
