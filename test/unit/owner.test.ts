import assert from "node:assert/strict";
import { ownerHash } from "../../provider/model/owner";

// Holds: "An owner is a place and an instance"
describe("the owner", () => {
  const KEY = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
  const at = (types: string, { stack = "dev", project = "p", name = "ci" } = {}) =>
    ownerHash(`urn:pulumi:${stack}::${project}::${types}::${name}`);
  const one = at(KEY);

  it("is another one in another stack, project, under another name, or below other parents", () => {
    const others = [
      at(KEY, { stack: "prod" }),
      at(KEY, { project: "q" }),
      at(KEY, { name: "cd" }),
      at(`my:index:Team$${KEY}`),
      at(`my:index:Service$${KEY}`),
      at(`my:index:Team$my:index:Service$${KEY}`),
      at(KEY, { name: "a::ci" }),
      at(KEY, { name: "aci" }),
    ];
    assert.equal(new Set([one, ...others]).size, others.length + 1);
  });

  it("is the same in every mount, whatever the resource's own type is called there", () => {
    assert.equal(at("aws-iam-rotator:index:RotatedAccessKey"), one);
    assert.equal(at("my:index:Team$aws-iam-rotator:index:RotatedAccessKey"), at(`my:index:Team$${KEY}`));
  });

  it("stays what it is: state files and tags name it", () => assert.equal(one, "d090474d2caa"));
});
