import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import execa from "execa";
import * as fc from "fast-check";
import { sesSmtpPassword } from "../../provider/program/sesSmtpPassword";
import { settled } from "../harness/outputs";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** The chain of AWS's page by another language's library: a secret and a region a line, a password a line. */
const IN_PYTHON = `
import base64, hashlib, hmac, json, sys
for secret, region in json.load(sys.stdin):
    key = ("AWS4" + secret).encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, message.encode(), hashlib.sha256).digest()
    print(base64.b64encode(bytes([4]) + key).decode())
`;

describe("sesSmtpPassword", () => {
  // The vectors by which Terraform's aws provider tests its ses_smtp_password_v4.
  for (const [secret, region, password] of [
    ["some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"],
    ["another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"],
    ["some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"],
    ["another+secret+key", "us-west-1", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"],
  ] as const) {
    it(`makes the published password of ${secret} for ${region}`, async () => {
      assert.equal(await settled(sesSmtpPassword(secret, region)), password);
    });
  }

  it("makes what Python's hmac makes, whatever the key and the region", async () => {
    const base64 = fc.stringMatching(/^[A-Za-z0-9+/]{40}$/);
    const region = fc.constantFrom("us-east-1", "ap-southeast-3", "us-gov-west-1", "eusc-de-east-1", "cn-north-1");
    const pairs = fc.sample(fc.tuple(base64, region), 50);
    const { stdout } = await execa("python3", ["-I", "-c", IN_PYTHON], { input: JSON.stringify(pairs) });
    assert.deepEqual(await Promise.all(pairs.map((pair) => settled(sesSmtpPassword(...pair)))), stdout.split("\n"));
  });

  it("is a secret, whatever it is made of", async () => {
    for (const secret of [SECRET, pulumi.output(SECRET), pulumi.secret(SECRET)])
      assert.equal(await pulumi.isSecret(sesSmtpPassword(secret, "eu-west-1")), true);
  });

  const noRegion = /the region is not an AWS region/;
  for (const [title, secret, region, said] of [
    ["an empty secret", "", "eu-west-1", /secret access key is empty/],
    ["no secret", undefined, "eu-west-1", /secret access key is empty/],
    ["a secret with a line end", `${SECRET}\n`, "eu-west-1", /has white space in it/],
    ["an id in place of a secret", "AKIAIOSFODNN7EXAMPLE", "eu-west-1", /is an access key's id/],
    ["an SMTP endpoint in place of a region", SECRET, "email-smtp.eu-west-1.amazonaws.com", noRegion],
    ["an availability zone", SECRET, "eu-west-1a", noRegion],
    ["no region", SECRET, undefined, noRegion],
    ["swapped arguments", "eu-west-1", SECRET, noRegion],
  ] as const) {
    it(`refuses ${title}, and repeats no secret`, async () => {
      const asked = settled(sesSmtpPassword(secret as string, region as string));
      await assert.rejects(asked, (error) => {
        assert.ok(pulumi.RunError.isInstance(error), "told without a stack trace");
        assert.match(error.message, /^sesSmtpPassword: /);
        assert.match(error.message, said);
        assert.ok(!error.message.includes(SECRET));
        return true;
      });
    });
  }
});
