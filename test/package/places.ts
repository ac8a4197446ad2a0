import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export const ROLE = "arn:aws:iam::123456789012:role/rotator";
export const SECRET = "a secret of somebody who signs in";
const LATER = "2126-01-01T00:00:00Z";

/**
 * What hands out credentials on a machine: the metadata service of EC2, the agent of ECS and EKS, the portal of SSO, and STS.
 * As AWS, and as a proxy, it helps nobody, and notes who asked: the name in the signer's id, or the host to be reached.
 */
export async function startPlaces() {
  const asked = new Set<string>();
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
  const server = http.createServer(async (request, response) => {
    if (request.method === "POST") {
      response.end(await asAws(request, response, asked));
      return;
    }
    const [, answer] = answers.find(([path]) => path.test(request.url ?? "")) ?? [];
    if (answer === undefined) response.writeHead(404);
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  });
  server.on("connect", (request, socket) => {
    asked.add(String(request.url).replace(/:443$/, ""));
    socket.on("error", () => {});
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { asked, port, url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

/** STS hands out credentials by the name of the role; IAM refuses. */
async function asAws(request: http.IncomingMessage, response: http.ServerResponse, asked: Set<string>) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const asks = new URLSearchParams(body);
  const [action, role] = [asks.get("Action"), asks.get("RoleArn")?.split("/")[1]];
  if (role) {
    const key = `<AccessKeyId>${idOf("ASIA", role)}</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccessKey>`;
    const all = `<Credentials>${key}<SessionToken>token</SessionToken><Expiration>${LATER}</Expiration></Credentials>`;
    return `<${action}Response><${action}Result>${all}</${action}Result></${action}Response>`;
  }
  const [, name = "nobody"] = /Credential=A[KS]IA([A-Z]+)/.exec(request.headers.authorization ?? "") ?? [];
  asked.add(name.toLowerCase());
  response.statusCode = 400;
  return "<ErrorResponse><Error><Code>ValidationError</Code><Message>no</Message></Error></ErrorResponse>";
}

/** An access key id that tells whose it is. */
export const idOf = (kind: "AKIA" | "ASIA", name: string) => `${kind}${name.toUpperCase()}`.padEnd(20, "0");

/** Lines of a profile that signs in by SSO, with the session after it. */
export const SSO_SESSION = `sso_session = company
sso_account_id = 123456789012
sso_role_name = rotator
[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.example/start`;

/** As a sign-in leaves it in a home. */
export function writeSsoToken(home: string): void {
  const session = createHash("sha1").update("company").digest("hex");
  const token = { accessToken: "a token of SSO", expiresAt: LATER, region: "us-east-1", startUrl: "x" };
  mkdirSync(join(home, ".aws/sso/cache"), { recursive: true });
  writeFileSync(join(home, `.aws/sso/cache/${session}.json`), JSON.stringify(token));
}
