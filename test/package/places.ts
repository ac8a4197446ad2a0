import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export const ROLE = "arn:aws:iam::123456789012:role/rotator";
export const SECRET = "a secret of somebody who signs in";
const LATER = "2126-01-01T00:00:00Z";

/** What hands out credentials on a machine: the metadata service of EC2, the agent of ECS and EKS, the portal of SSO. */
export async function startPlaces() {
  const key = (AccessKeyId: string) => ({ AccessKeyId, SecretAccessKey: SECRET, Token: "token", Expiration: LATER });
  const answers: [RegExp, string | object][] = [
    [/^\/latest\/api\/token/, "a token of the metadata service"],
    [
      /security-credentials\/role-of-this-machine/,
      { Code: "Success", Type: "AWS-HMAC", ...key("ASIAINSTANCE00000000") },
    ],
    [/security-credentials\/?$/, "role-of-this-machine"],
    [/^\/container/, key("ASIACONTAINER0000000")],
    [
      /^\/federation\/credentials/,
      {
        roleCredentials: {
          accessKeyId: "ASIASSO0000000000000",
          secretAccessKey: SECRET,
          sessionToken: "token",
          expiration: Date.parse(LATER),
        },
      },
    ],
  ];
  const server = http.createServer((request, response) => {
    const [, answer] = answers.find(([path]) => path.test(request.url ?? "")) ?? [];
    if (answer === undefined) response.writeHead(404);
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

/** A home with every kind of profile, an OIDC token, and a file of credentials elsewhere. */
export function writeHome(folder: string): void {
  const home = join(folder, "home");
  mkdirSync(join(home, ".aws/sso/cache"), { recursive: true });
  const script = { Version: 1, AccessKeyId: "ASIAPROCESS000000000", SecretAccessKey: SECRET, SessionToken: "token" };
  writeFileSync(join(folder, "process.json"), JSON.stringify(script));
  writeFileSync(join(folder, "oidc-token"), "ey.of.somebody");
  writeFileSync(
    join(home, ".aws/config"),
    `[profile static]
aws_access_key_id = AKIASTATIC0000000000
aws_secret_access_key = ${SECRET}
[profile role]
role_arn = ${ROLE}
source_profile = static
[profile process]
credential_process = cat ${join(folder, "process.json")}
[profile sso]
sso_session = company
sso_account_id = 123456789012
sso_role_name = rotator
[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.example/start
`,
  );
  const session = createHash("sha1").update("company").digest("hex");
  const token = { accessToken: "a token of SSO", expiresAt: LATER, region: "us-east-1", startUrl: "x" };
  writeFileSync(join(home, `.aws/sso/cache/${session}.json`), JSON.stringify(token));
  writeFileSync(
    join(folder, "other"),
    `[ops]\naws_access_key_id = AKIAOTHERFILE0000000\naws_secret_access_key = ${SECRET}\n`,
  );
}
