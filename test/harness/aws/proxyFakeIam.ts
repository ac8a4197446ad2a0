import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export type FakeIam = Awaited<ReturnType<typeof startFakeIam>>;

/** As much of IAM and STS as the fault proxy's own tests need: one user without limits, one tag. */
export async function startFakeIam() {
  const requests: { headers: http.IncomingHttpHeaders; body: string }[] = [];
  let keys: string[] = [];
  let made = 0;
  let tag = "";
  const actions: Record<string, (params: URLSearchParams, signer: string) => string> = {
    CreateAccessKey: () => {
      keys.push(`AKIA${++made}`);
      const secret = `secret/${made}+&lt;&amp;&gt;`;
      return `<AccessKey><UserName>ci</UserName><AccessKeyId>AKIA${made}</AccessKeyId><Status>Active</Status><SecretAccessKey>${secret}</SecretAccessKey></AccessKey>`;
    },
    DeleteAccessKey: (params) => {
      keys = keys.filter((id) => id !== params.get("AccessKeyId"));
      return "";
    },
    ListAccessKeys: () => {
      const members = keys.map((id) => `<member><AccessKeyId>${id}</AccessKeyId></member>`);
      return `<AccessKeyMetadata>${members.join("")}</AccessKeyMetadata>`;
    },
    TagUser: (params) => {
      tag = params.get("Tags.member.1.Value") ?? "";
      return "";
    },
    GetUser: () =>
      `<User><UserName>ci</UserName><UserId>AIDAFAKE</UserId><Arn>arn:aws:iam::123456789012:user/ci</Arn><Tags><member><Key>k</Key><Value>${tag}</Value></member></Tags></User>`,
    GetCallerIdentity: (_params, signer) =>
      `<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/${signer}</Arn>`,
  };
  const server = http.createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    requests.push({ headers: req.headers, body });
    const params = new URLSearchParams(body);
    const action = params.get("Action") ?? "";
    const signer = /Credential=([^/]+)/.exec(req.headers.authorization ?? "")?.[1] ?? "";
    const result = actions[action]?.(params, signer);
    res.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get keys() {
      return keys;
    },
    reset: () => {
      requests.length = made = 0;
      keys = [];
      tag = "";
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
