import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDER, Program } from "../harness/pulumi/program";
import { type Row, type Side, sides } from "./sides";

const USER = "arn:aws:iam::123456789012:user/deployer";
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: "secret" };

/** What is given, in words; the hosts that are asked, `own` for the address that the story gives; and how it is given. */
type Story = [title: string, asks: string[], given: Given];

interface Given {
  env?: Record<string, string>;
  config?: Record<string, string>;
  /** The profile `ops`, beside its keys. */
  profile?: string;
  userArn?: string;
  /** What the AWS CLI is given in its place, for what is no setting of the environment. `none`: it has nothing like it. */
  cli?: string[] | "none";
  /** Where the AWS CLI goes elsewhere: there, and why we don't. */
  differs?: { asks: string[]; because: string };
}

const OWN = "http://ADDRESS";
const AWS = ["iam.amazonaws.com"];
const FIPS = ["iam-fips.amazonaws.com"];
const AT_OWN = ["own"];
const NOWHERE: string[] = [];
const named = { env: { AWS_PROFILE: "ops" } };
const asked = { config: { "aws:profile": "ops" }, cli: ["--profile", "ops"] };
const noProxy = { HTTPS_PROXY: "" };
const ignore = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
const toOwn = { config: { "aws:endpoints": `[{"iam":"${OWN}"}]` }, cli: ["--endpoint-url", OWN] };
/** A setting of the stack's alone. */
const stacks = (name: string, value: string, env = {}): Given => ({ env, config: { [name]: value }, cli: "none" });
const inRegion = (partition: string, region: string): Given => ({
  userArn: USER.replace("aws", partition),
  cli: ["--region", region],
});

/** A profile's lines beside these variables, by AWS_PROFILE and by aws:profile. */
const BESIDE: [title: string, lines: string, env: Record<string, string>, asks: string[]][] = [
  ["a services section that is not there", `services = elsewhere\nendpoint_url = ${OWN}`, {}, NOWHERE],
  ["such a section beside an address in the environment", "services = elsewhere", { AWS_ENDPOINT_URL: OWN }, AT_OWN],
  ["an address", `endpoint_url = ${OWN}`, {}, AT_OWN],
  ["an empty AWS_ENDPOINT_URL", `endpoint_url = ${OWN}`, { AWS_ENDPOINT_URL: "" }, AT_OWN],
  ["an empty AWS_ENDPOINT_URL_IAM", `endpoint_url = ${OWN}`, { AWS_ENDPOINT_URL_IAM: "" }, AT_OWN],
  ["an address in the environment", "endpoint_url = http://127.0.0.1:9", { AWS_ENDPOINT_URL: OWN }, AT_OWN],
  ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", `endpoint_url = ${OWN}`, ignore, AWS],
  ["the same in it", `ignore_configured_endpoint_urls = true\nendpoint_url = ${OWN}`, {}, AWS],
  ["an address that is none", "endpoint_url = garbage", {}, NOWHERE],
  ["use_fips_endpoint", "use_fips_endpoint = true", {}, FIPS],
];
const BOTH_WAYS = BESIDE.flatMap(([title, profile, env, asks]): Story[] => [
  [`AWS_PROFILE with ${title}`, asks, { env: { ...named.env, ...env }, profile }],
  [`aws:profile with ${title}`, asks, { ...asked, env, profile }],
]);

const GO = "Go's rules, which @pulumi/aws follows, send nothing for localhost through a proxy";
const RULES = "AWS's rules, which @pulumi/aws follows, refuse the two together";
const PORT_9 = "http://127.0.0.1:9";
const STORIES: Story[] = [
  ["by nothing but a proxy", AWS, {}],
  ["a proxy without a scheme", AWS, { env: { HTTPS_PROXY: "ADDRESS" } }],
  ["a proxy of the stack's", AWS, stacks("aws:httpsProxy", OWN, noProxy)],
  ["a proxy of the stack's, for both", AWS, stacks("aws:httpProxy", OWN, noProxy)],
  ["AWS_ENDPOINT_URL", AT_OWN, { env: { AWS_ENDPOINT_URL: OWN } }],
  ["AWS_ENDPOINT_URL_IAM", AT_OWN, { env: { AWS_ENDPOINT_URL_IAM: OWN } }],
  ["aws:endpoints", AT_OWN, toOwn],
  [
    "a services section of aws:profile",
    AT_OWN,
    { ...asked, profile: `services = here\n[services here]\niam =\n  endpoint_url = ${OWN}` },
  ],
  ...BOTH_WAYS,
  [
    "the profile of aws:profile, not of AWS_PROFILE",
    AT_OWN,
    {
      ...asked,
      env: { AWS_PROFILE: "other" },
      profile: `endpoint_url = ${OWN}\n[profile other]\nendpoint_url = ${PORT_9}`,
    },
  ],
  [
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    AWS,
    { env: { ...ignore, AWS_ENDPOINT_URL: OWN, AWS_ENDPOINT_URL_IAM: OWN } },
  ],
  ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS beside aws:endpoints", AT_OWN, { ...toOwn, env: ignore }],
  ["AWS_ENDPOINT_URL that is none", NOWHERE, { env: { AWS_ENDPOINT_URL: "garbage" } }],
  ["AWS_ENDPOINT_URL of another kind", NOWHERE, { env: { AWS_ENDPOINT_URL: "ftp://ADDRESS" } }],
  ["a region that is none", NOWHERE, { env: { AWS_REGION: "../../evil", AWS_DEFAULT_REGION: "../../evil" } }],
  [
    "FIPS and an address",
    NOWHERE,
    { env: { AWS_USE_FIPS_ENDPOINT: "true", AWS_ENDPOINT_URL: OWN }, differs: { asks: AT_OWN, because: RULES } },
  ],
  ["AWS_USE_FIPS_ENDPOINT", FIPS, { env: { AWS_USE_FIPS_ENDPOINT: "true" } }],
  ["aws:useFipsEndpoint", FIPS, stacks("aws:useFipsEndpoint", "true")],
  ["AWS_USE_DUALSTACK_ENDPOINT", ["iam.global.api.aws"], { env: { AWS_USE_DUALSTACK_ENDPOINT: "true" } }],
  ["aws:useDualstackEndpoint", ["iam.global.api.aws"], stacks("aws:useDualstackEndpoint", "true")],
  ["a user in China", ["iam.cn-north-1.amazonaws.com.cn"], inRegion("aws-cn", "cn-north-1")],
  ["a user in GovCloud", ["iam.us-gov.amazonaws.com"], inRegion("aws-us-gov", "us-gov-west-1")],
  [
    "NO_PROXY for an endpoint of one's own",
    AT_OWN,
    {
      env: { AWS_ENDPOINT_URL: "http://localhost:PORT", HTTP_PROXY: PORT_9, NO_PROXY: "nothing" },
      differs: { asks: NOWHERE, because: GO },
    },
  ],
  ["ALL_PROXY, which is none", NOWHERE, { env: { ...noProxy, ALL_PROXY: OWN } }],
];

// The measure is what the AWS CLI and @pulumi/aws do with the same environment: the AWS CLI is run beside it, in each row.
describe("where calls go, from the packed tarball", function () {
  this.timeout(60_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-places-"));
  const at = sides(program.folder, folder);

  const fill = (text: string) =>
    text.replace("ADDRESS", `127.0.0.1:${at.places.port}`).replace("PORT", `${at.places.port}`);
  const filled = (given: Record<string, string>) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fill(value)]));

  /** What both are run with, with files of their own. */
  function surroundings({ env = {}, profile }: Given): Record<string, string> {
    const home = mkdtempSync(join(folder, "row"));
    const keys = `aws_access_key_id = ${KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = secret`;
    writeFileSync(join(home, "config"), `[profile ops]\n${keys}\n${fill(profile ?? "")}\n`);
    return {
      PATH: process.env.PATH ?? "",
      HOME: home,
      AWS_CONFIG_FILE: join(home, "config"),
      HTTPS_PROXY: at.places.url,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      ...(profile ? {} : KEYS),
      ...filled(env),
    };
  }

  /** Who is asked; nobody there is AWS. */
  async function askedBy(side: Side, row: Row): Promise<string[]> {
    at.places.asked.clear();
    const { failed, said, noise = "" } = await side.run(row);
    assert.ok(failed);
    assert.equal(noise, "");
    if (at.places.asked.size === 0) assert.doesNotMatch(said, /no clear answer/);
    return [...at.places.asked].map((name) => (name === "environment" ? "own" : name));
  }

  for (const [title, asks, given] of STORIES) {
    const { config = {}, userArn = USER, cli = [], differs } = given;
    it(`${title}: ${asks.join() || "nobody here"}`, async () => {
      const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
      assert.deepEqual(await askedBy(at.ours, { env: surroundings(given), config: filled(config), inputs }), asks);
    });
    if (cli === "none") continue;
    it(`${title}: the AWS CLI ${differs ? `goes elsewhere, since ${differs.because}` : "goes there too"}`, async () => {
      const args = ["iam", "list-access-keys", "--user-name", "deployer", ...cli.map(fill)];
      // It wants a region; ours takes that in which the partition's IAM lives.
      const env = { AWS_DEFAULT_REGION: "us-east-1", ...surroundings(given) };
      assert.deepEqual(await askedBy(at.theirs, { env, args }), differs?.asks ?? asks);
    });
  }
});
