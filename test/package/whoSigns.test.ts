import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDER, Program } from "../harness/pulumi/program";
import { idOf, SECRET, SSO_SESSION, writeSsoToken } from "./places";
import { type Side, sides } from "./sides";

/** In the order in which they count: what the settings ask for, then what stands in the environment, then what lies about. */
const ORDER = ["setting", "keys", "token", "named", "default", "container", "instance"] as const;
const KINDS = ["static", "role", "process", "sso", "webIdentity"] as const;
type Source = (typeof ORDER)[number];
/** `static`: the keys of a profile that has a role as well. */
type Signer = Source | "nobody" | "static";

/** One thing that names somebody: variables, or a profile in one of the files, with a setting that asks for it or without. */
interface Given {
  env?: Record<string, string>;
  config?: string;
  credentials?: string;
  asks?: true;
}

const folder = mkdtempSync(join(tmpdir(), "rotator-signers-"));
const ROLE = "arn:aws:iam::123456789012:role";
const keysOf = (name: string) => `aws_access_key_id = ${idOf("AKIA", name)}\naws_secret_access_key = ${SECRET}\n`;

/** A profile that stands for somebody of its own name; `none` for nobody, and `missing` is not there. */
function profile(name: string, kind: string): Given {
  const head = name === "default" ? "[default]" : `[profile ${name}]`;
  if (kind === "missing") return {};
  if (kind === "static") return { credentials: `[${name}]\n${keysOf(name)}` };
  const lines: Record<string, string> = {
    none: "output = json",
    role: `role_arn = ${ROLE}/${name}\nsource_profile = source\n[profile source]\n${keysOf("source")}`,
    process: `credential_process = cat ${join(folder, name)}`,
    sso: SSO_SESSION,
    webIdentity: `role_arn = ${ROLE}/${name}\nweb_identity_token_file = ${join(folder, "oidc")}`,
    both: `role_arn = ${ROLE}/${name}\nweb_identity_token_file = ${join(folder, "oidc")}\n${keysOf("static")}`,
  };
  return { config: `${head}\n${lines[kind]}\n` };
}

/** `keys`, or `named:role`. */
function given(source: string, places: { url: string }): Given {
  const [kind = "", of = "static"] = source.split(":");
  const keys = { AWS_ACCESS_KEY_ID: idOf("AKIA", "keys"), AWS_SECRET_ACCESS_KEY: SECRET };
  const token = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "oidc"), AWS_ROLE_ARN: `${ROLE}/token` };
  const half = { keys: { ...keys, AWS_SECRET_ACCESS_KEY: "" }, token: { ...token, AWS_ROLE_ARN: "" } };
  const empty = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };
  switch (kind) {
    case "setting":
      return { ...profile("setting", of), asks: true };
    case "keys":
      return { env: of === "half" ? half.keys : of === "empty" ? empty : keys };
    case "token":
      return { env: of === "half" ? half.token : token };
    case "named":
      return { ...profile("named", of), env: { AWS_PROFILE: of === "empty" ? "" : "named" } };
    case "default":
      return profile("default", of);
    case "container":
      return { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${places.url}/container` } };
    default:
      return { env: { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: `${places.url}/` } };
  }
}

const pairs = ORDER.flatMap((one, at) => [[one], ...ORDER.slice(at + 1).map((other) => [one, other])]);
const kinds = KINDS.slice(1).flatMap((kind) =>
  (["setting", "named", "default"] as const).flatMap((source) => {
    const beside = [[], ["keys"], ["token"], ["container"]];
    return beside.map((others) => [`${source}:${kind}`, ...others]);
  }),
);
/** Where nobody may sign, what is as good as not given, and a profile of two kinds. */
const special: [string[], Signer][] = [
  [["setting:both"], "static"],
  [["named:both"], "static"],
  [["setting:missing", "keys"], "nobody"],
  [["setting:missing", "token"], "nobody"],
  [["setting:missing", "default"], "nobody"],
  [["setting:none", "keys"], "nobody"],
  [["setting:none", "token"], "nobody"],
  [["setting:none", "container"], "container"],
  [["named:missing", "keys"], "nobody"],
  [["named:missing", "token"], "nobody"],
  [["named:missing", "default"], "nobody"],
  [["named:none", "keys"], "keys"],
  [["named:none", "default"], "nobody"],
  [["named:none", "instance"], "instance"],
  [["named:empty", "default"], "default"],
  [["keys:half", "default"], "nobody"],
  [["keys:half", "setting"], "setting"],
  [["keys:empty", "default"], "default"],
  [["token:half", "default"], "nobody"],
];
/** Where the AWS CLI differs: who signs there, and why another one here. */
const ROLE_FIRST = "@pulumi/aws takes the token of the environment before any profile";
const KEYS_FIRST = "@pulumi/aws takes the keys of a profile before its token";
const DIFFERENT: Record<string, [Signer, string]> = {
  "setting:both": ["setting", KEYS_FIRST],
  "named:both": ["named", KEYS_FIRST],
  "named:role beside token": ["named", ROLE_FIRST],
  "default:role beside token": ["default", ROLE_FIRST],
  "named:empty beside default": ["nobody", "for @pulumi/aws an empty AWS_PROFILE is none"],
};

describe("who signs, from the packed tarball, beside the AWS CLI", function () {
  this.timeout(60_000);
  const program = new Program();
  const at = sides(program.folder, folder);

  before(() => {
    writeSsoToken(folder);
    writeFileSync(join(folder, "oidc"), "ey.of.somebody");
    for (const name of ["setting", "named", "default"]) {
      const answer = { Version: 1, AccessKeyId: idOf("ASIA", name), SecretAccessKey: SECRET, SessionToken: "token" };
      writeFileSync(join(folder, name), JSON.stringify(answer));
    }
  });

  async function signers(sources: string[]): Promise<{ here: string; there: string }> {
    const all = sources.map((source) => given(source, at.places));
    const home = mkdtempSync(join(folder, "row"));
    writeFileSync(join(home, "config"), all.map(({ config = "" }) => config).join(""));
    writeFileSync(join(home, "credentials"), all.map(({ credentials = "" }) => credentials).join(""));
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      AWS_CONFIG_FILE: join(home, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(home, "credentials"),
      AWS_ENDPOINT_URL: at.places.url,
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_METADATA_SERVICE_NUM_ATTEMPTS: "1",
      AWS_MAX_ATTEMPTS: "1",
      ...Object.assign({}, ...all.map((one) => one.env)),
    };
    const asks = all.some((one) => one.asks);
    const asked = async (side: Side, more: object) => {
      at.places.asked.clear();
      const { failed, said, noise = "" } = await side.run({ env, ...more });
      assert.ok(failed, "nobody there is AWS");
      assert.ok(!said.includes(SECRET));
      assert.equal(noise, "", "nothing is written beside it");
      // Of SSO there is one answer, whoever asks.
      const names = [...at.places.asked].map((name) => (name === "sso" ? sources[0]?.split(":")[0] : name));
      return names.join() || "nobody";
    };
    const inputs = { userArn: "arn:aws:iam::123456789012:user/deployer", journalOwner: "ownerofthese" };
    const config = asks ? { "aws:profile": "setting" } : {};
    const args = ["iam", "list-access-keys", "--user-name", "deployer", ...(asks ? ["--profile", "setting"] : [])];
    return {
      here: await asked(at.ours, { config, inputs: { ...inputs, __provider: PROVIDER } }),
      there: await asked(at.theirs, { args }),
    };
  }

  const byOrder = [...pairs, ...kinds].map((sources): [string[], Source] => {
    const names = sources.map((source) => source.split(":")[0]);
    return [sources, ORDER.find((source) => names.includes(source)) ?? assert.fail()];
  });
  for (const [sources, expected] of [...byOrder, ...special]) {
    const title = sources.join(" beside ");
    const [cli, because] = DIFFERENT[title] ?? [expected];
    it(`${title}: ${expected}${because ? `; for the AWS CLI ${cli}, since ${because}` : ""}`, async () => {
      assert.deepEqual(await signers(sources), { here: expected, there: cli });
    });
  }
});
