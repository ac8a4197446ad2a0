import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
}

// The measure is what the AWS CLI and @pulumi/aws do with the same environment; the hosts are those of their endpoint rules.
describe("where calls go, from the packed tarball", function () {
  this.timeout(180_000);
  const program = new Program();
  const folder = mkdtempSync(join(tmpdir(), "rotator-places-"));
  let asked: Set<string>;
  let listener: http.Server;
  let address: string;

  /** Notes whom it is asked to reach, as a proxy, or that it is asked itself; and helps nobody. */
  before(async () => {
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
  const OWN = "http://ADDRESS";
  const stories: Story[] = [
    { title: "by nothing but a proxy", asks: ["iam.amazonaws.com"] },
    { title: "a proxy without a scheme", env: { HTTPS_PROXY: "ADDRESS" }, asks: ["iam.amazonaws.com"] },
    {
      title: "a proxy of the stack's",
      env: { HTTPS_PROXY: "" },
      config: { "aws:httpsProxy": OWN },
      asks: ["iam.amazonaws.com"],
    },
    {
      title: "a proxy of the stack's, for both",
      env: { HTTPS_PROXY: "" },
      config: { "aws:httpProxy": OWN },
      asks: ["iam.amazonaws.com"],
    },
    { title: "AWS_ENDPOINT_URL", env: { AWS_ENDPOINT_URL: OWN }, asks: ["own"] },
    { title: "AWS_ENDPOINT_URL_IAM", env: { AWS_ENDPOINT_URL_IAM: OWN }, asks: ["own"] },
    { title: "aws:endpoints", config: { "aws:endpoints": `[{"iam":"${OWN}"}]` }, asks: ["own"] },
    { title: "endpoint_url of AWS_PROFILE", env: ops, profile: `endpoint_url = ${OWN}`, asks: ["own"] },
    { title: "endpoint_url of aws:profile", config: byConfig, profile: `endpoint_url = ${OWN}`, asks: ["own"] },
    {
      title: "a services section of aws:profile",
      config: byConfig,
      profile: `services = here\n[services here]\niam =\n  endpoint_url = ${OWN}`,
      asks: ["own"],
    },
    { title: "AWS_USE_FIPS_ENDPOINT", env: { AWS_USE_FIPS_ENDPOINT: "true" }, asks: ["iam-fips.amazonaws.com"] },
    { title: "aws:useFipsEndpoint", config: { "aws:useFipsEndpoint": "true" }, asks: ["iam-fips.amazonaws.com"] },
    {
      title: "use_fips_endpoint of AWS_PROFILE",
      env: ops,
      profile: "use_fips_endpoint = true",
      asks: ["iam-fips.amazonaws.com"],
    },
    {
      title: "use_fips_endpoint of aws:profile",
      config: byConfig,
      profile: "use_fips_endpoint = true",
      asks: ["iam-fips.amazonaws.com"],
    },
    { title: "AWS_USE_DUALSTACK_ENDPOINT", env: { AWS_USE_DUALSTACK_ENDPOINT: "true" }, asks: ["iam.global.api.aws"] },
    { title: "aws:useDualstackEndpoint", config: { "aws:useDualstackEndpoint": "true" }, asks: ["iam.global.api.aws"] },
    { title: "a user in China", userArn: USER.replace("aws", "aws-cn"), asks: ["iam.cn-north-1.amazonaws.com.cn"] },
    { title: "a user in GovCloud", userArn: USER.replace("aws", "aws-us-gov"), asks: ["iam.us-gov.amazonaws.com"] },
    {
      title: "NO_PROXY for an endpoint of one's own",
      env: { AWS_ENDPOINT_URL: "http://localhost:PORT", HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "nothing" },
      asks: ["own"],
    },
    { title: "ALL_PROXY, which is none", env: { HTTPS_PROXY: "", ALL_PROXY: OWN }, asks: [] },
  ];
  for (const [at, { title, env = {}, config = {}, profile, userArn = USER, asks }] of stories.entries()) {
    it(`${title}: ${asks.join() || "nobody here"}`, async () => {
      asked = new Set();
      const filled = (given: Record<string, string>) =>
        Object.fromEntries(
          Object.entries(given).map(([name, value]) => [
            name,
            value.replace("ADDRESS", address).replace("PORT", address.split(":")[1] ?? ""),
          ]),
        );
      const home = join(folder, `home${at}`);
      mkdirSync(join(home, ".aws"), { recursive: true });
      const keys = `aws_access_key_id = ${KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = secret`;
      writeFileSync(
        join(home, ".aws/config"),
        `[profile ops]\n${keys}\n${(profile ?? "").replace("ADDRESS", address)}\n`,
      );
      const shim = await startShim({
        cwd: program.folder,
        pulumiPackage: join(program.folder, "node_modules/@pulumi/pulumi"),
        config: filled(config),
        env: {
          HOME: home,
          HTTPS_PROXY: `http://${address}`,
          AWS_EC2_METADATA_DISABLED: "true",
          AWS_MAX_ATTEMPTS: "1",
          ...(profile ? {} : KEYS),
          ...filled(env),
        },
      });
      try {
        const inputs = { userArn, journalOwner: "ownerofthese", __provider: PROVIDER };
        await assert.rejects(shim.create(inputs), /iam:(GetUser|ListAccessKeys) failed with /);
        assert.deepEqual([...asked], asks);
      } finally {
        await shim.stop();
      }
    });
  }
});
