import assert from "node:assert/strict";
import { proxiesOf, proxyFor } from "../../provider/aws/proxy";

// By golang.org/x/net/http/httpproxy, which Go's http.ProxyFromEnvironment, and so @pulumi/aws, is made of: its
// documentation of Config, and config.go (useProxy, init, domainMatch). The AWS CLI's own rules differ in corners.
const IAM = "https://iam.amazonaws.com";

function through(url: string, env: NodeJS.ProcessEnv, given = {}): string {
  const { protocol, hostname, port } = new URL(url);
  const at = { protocol, host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)) };
  return proxyFor(at, proxiesOf(given, env))?.href ?? "direct";
}

// Where each setting leads is in test/package/whereCallsGo.test.ts, beside the AWS CLI.
describe("which proxy a call goes through", () => {
  const p = "http://p:1/";
  const table: [string, string, NodeJS.ProcessEnv, string][] = [
    ["https_proxy", IAM, { https_proxy: "http://p:1" }, p],
    ["both: the upper case counts", IAM, { HTTPS_PROXY: "http://p:1", https_proxy: "http://q:1" }, p],
    ["the first that is not empty", IAM, { HTTPS_PROXY: "", https_proxy: "http://p:1" }, p],
    ["HTTP_PROXY is for http alone", IAM, { HTTP_PROXY: "http://p:1" }, "direct"],
    ["and that it is for", "http://emulator:4566", { HTTP_PROXY: "http://p:1" }, p],
    ["a proxy that is reached by https", IAM, { HTTPS_PROXY: "https://p:1" }, "https://p:1/"],
    ["credentials in its address", IAM, { HTTPS_PROXY: "http://me:a%40b@p:1" }, "http://me:a%40b@p:1/"],
    ["credentials without a scheme", IAM, { HTTPS_PROXY: "me:secret@p:1" }, "http://me:secret@p:1/"],
  ];
  const exceptions: [string, string, "direct" | "proxy"][] = [
    ["*", IAM, "direct"],
    ["amazonaws.com", IAM, "direct"],
    ["iam.amazonaws.com", IAM, "direct"],
    ["AmazonAWS.com", IAM, "direct"],
    [".amazonaws.com", IAM, "direct"],
    ["*.amazonaws.com", IAM, "direct"],
    [".amazonaws.com", "https://amazonaws.com", "proxy"],
    ["*.amazonaws.com", "https://amazonaws.com", "proxy"],
    ["azonaws.com", IAM, "proxy"],
    ["iam.amazonaws.com", "https://sts.eu-west-1.amazonaws.com", "proxy"],
    ["iam.amazonaws.com", "https://iam.cn-north-1.amazonaws.com.cn", "proxy"],
    ["amazonaws.com.cn", "https://iam.cn-north-1.amazonaws.com.cn", "direct"],
    ["a, amazonaws.com ,b", IAM, "direct"],
    ["amazonaws.com:443", IAM, "direct"],
    ["amazonaws.com:8443", IAM, "proxy"],
    ["", IAM, "proxy"],
    [" , ", IAM, "proxy"],
    ["10.1.2.3", "https://10.1.2.3", "direct"],
    ["10.1.2.3", "https://10.1.2.4", "proxy"],
    ["10.1.2.3:443", "https://10.1.2.3", "direct"],
    ["10.1.2.3:444", "https://10.1.2.3", "proxy"],
    ["10.1.0.0/16", "https://10.1.2.3", "direct"],
    ["10.1.0.0/16", "https://10.2.2.3", "proxy"],
    ["10.1.0.0/16", IAM, "proxy"],
    ["10.0.0.0/33", "https://10.1.2.3", "proxy"],
    ["fd00::/8", "https://[fd00::1]", "direct"],
    ["fd00::1", "https://[fd00::1]", "direct"],
    ["[fd00::1]:444", "https://[fd00::1]", "proxy"],
    ["nothing", "https://localhost:4566", "direct"],
    ["nothing", "https://127.0.0.5", "direct"],
    ["nothing", "https://[::1]", "direct"],
  ];
  for (const [title, url, env, expected] of table) {
    it(`${title}: ${url}`, () => assert.equal(through(url, env), expected));
  }
  for (const [none, url, expected] of exceptions) {
    it(`NO_PROXY "${none}": ${url} ${expected === "direct" ? "is reached directly" : "goes through the proxy"}`, () => {
      assert.equal(through(url, { HTTPS_PROXY: "http://p:1", NO_PROXY: none }), expected === "proxy" ? p : "direct");
    });
  }

  // aws-sdk-go-base: the provider's settings come before the environment's, and its httpProxy is for both.
  for (const [title, given, expected] of [
    ["httpsProxy and httpProxy", { httpProxy: "http://q:1", httpsProxy: "http://r:1" }, "http://r:1/"],
    ["noProxy", { noProxy: "amazonaws.com" }, "direct"],
  ] as const) {
    it(`by @pulumi/aws's ${title}, before the environment`, () =>
      assert.equal(through(IAM, { HTTPS_PROXY: "http://p:1", NO_PROXY: "x" }, given), expected));
  }

  for (const [address, why] of [
    ["socks5://p:1", /socks, which this package does not speak/],
    ["http://p:port", /its address is none: it must be http:\/\/host:port/],
    ["ftp://secret@p", /its address is none/],
  ] as const) {
    it(`refuses ${address}, and repeats none of it`, () => {
      assert.throws(
        () => through(IAM, { HTTPS_PROXY: address }),
        ({ message }: Error) => {
          assert.match(message, why);
          assert.match(message, /that HTTPS_PROXY or HTTP_PROXY names.*or name the host in NO_PROXY/);
          return !/secret|p:port/.test(message);
        },
      );
    });
  }
});
