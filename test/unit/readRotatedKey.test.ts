import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readRotatedKey } from "../../provider/program/readRotatedKey";
import { settled } from "../harness/outputs";

const KEY = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  createdAt: "2026-11-01T06:00:00Z",
};

/** What a program sees of another stack. That the engine shows it so is test/engine/readers.test.ts. */
function stackWith(outputs: Record<string, unknown> | undefined): pulumi.StackReference {
  const seen = { name: pulumi.output("organization/rotating/prod"), outputs: pulumi.output(outputs) };
  return seen as unknown as pulumi.StackReference;
}

describe("readRotatedKey", () => {
  it("is the key, and a secret even where that stack exports it in plain text; its name may come from a resource", async () => {
    const key = readRotatedKey(stackWith({ current: { ...KEY, note: "x" }, other: 1 }), pulumi.output("current"));
    assert.deepEqual(await settled(key), KEY);
    assert.equal(await pulumi.isSecret(key), true);
  });

  const undecryptable = /^readRotatedKey: .* current of .* organization\/rotating\/prod can't be decrypted/;
  const noKey = /is no key with accessKeyId, secretAccessKey and createdAt/;
  for (const [title, outputs, said] of [
    ["an output that is not there", { b: 1, a: KEY }, /is not there\. .*: a, b\. /],
    ["a stack without outputs", undefined, /: none\./],
    ["secrets that can't be decrypted", { current: {} }, undecryptable],
    ["a secret part that can't be decrypted", { current: { ...KEY, secretAccessKey: {} } }, undecryptable],
    ["a secret id that can't be decrypted", { current: { ...KEY, accessKeyId: {} } }, undecryptable],
    ["a text", { current: "AKIAIOSFODNN7EXAMPLE" }, noKey],
    ["null", { current: null }, noKey],
    ["keys by the names of users", { current: { ci: KEY } }, noKey],
    ["a previous whose secret nobody knows", { current: { ...KEY, secretAccessKey: undefined } }, noKey],
    ["an empty secret", { current: { ...KEY, secretAccessKey: "" } }, noKey],
    ["no date", { current: { ...KEY, createdAt: undefined } }, noKey],
  ] as const) {
    it(`fails for ${title}, and shows nothing of it`, async () => {
      const read = settled(readRotatedKey(stackWith(outputs), "current"));
      await assert.rejects(read, (error: Error) => {
        assert.match(error.message, said);
        assert.ok(pulumi.RunError.isInstance(error));
        assert.doesNotMatch(error.message, /AKIA|wJalr/);
        return true;
      });
    });
  }
});
