// Loaded before an example (NODE_OPTIONS): what the aws plugin of the tests does not have, by the AWS CLI. As Pulumi's own do it,
// a parameter is changed where it is, and a secret's version is replaced.
const Module = require("node:module");

const load = Module._load;
let stand;
Module._load = function (request, ...rest) {
  if (!/^@pulumi\/aws\/(ssm\/parameter|secretsmanager\/secret(Version)?)$/.test(request)) {
    return load.call(this, request, ...rest);
  }
  stand ??= standIns(load.call(this, "@pulumi/pulumi", ...rest));
  return stand;
};

function standIns(pulumi) {
  // Inside of the methods, since Pulumi sends their text to another process.
  const parameter = {
    async create(inputs) {
      const { execFileSync } = require("node:child_process");
      const input = { Name: inputs.name, Description: inputs.description, Type: inputs.type, Value: inputs.value };
      execFileSync("aws", ["ssm", "put-parameter", "--cli-input-json", JSON.stringify(input)]);
      return { id: inputs.name, outs: inputs };
    },
    async update(id, _olds, inputs) {
      const { execFileSync } = require("node:child_process");
      const input = { Name: id, Value: inputs.value, Overwrite: true };
      execFileSync("aws", ["ssm", "put-parameter", "--cli-input-json", JSON.stringify(input)]);
      return { outs: inputs };
    },
    async delete(id) {
      require("node:child_process").execFileSync("aws", ["ssm", "delete-parameter", "--name", id]);
    },
  };
  const secret = {
    async create(inputs) {
      const { execFileSync } = require("node:child_process");
      const input = { Name: inputs.resourceName, Description: inputs.description };
      const told = execFileSync("aws", ["secretsmanager", "create-secret", "--cli-input-json", JSON.stringify(input)]);
      return { id: JSON.parse(told).ARN, outs: inputs };
    },
    async delete(id) {
      require("node:child_process").execFileSync("aws", ["secretsmanager", "delete-secret", "--secret-id", id]);
    },
  };
  const version = {
    async diff(_id, olds, news) {
      return { replaces: olds.secretString === news.secretString ? [] : ["secretString"] };
    },
    async create(inputs) {
      const { execFileSync } = require("node:child_process");
      const input = { SecretId: inputs.secretId, SecretString: inputs.secretString };
      const told = execFileSync("aws", [
        "secretsmanager",
        "put-secret-value",
        "--cli-input-json",
        JSON.stringify(input),
      ]);
      const { ARN, VersionId } = JSON.parse(told);
      return { id: VersionId, outs: { ...inputs, secretArn: ARN } };
    },
  };
  const { Resource } = pulumi.dynamic;
  return {
    Parameter: class extends Resource {
      constructor(name, args) {
        super(parameter, name, args, undefined, "test", "Parameter");
      }
    },
    Secret: class extends Resource {
      constructor(name, args) {
        super(secret, name, { ...args, resourceName: name }, undefined, "test", "Secret");
      }
    },
    SecretVersion: class extends Resource {
      constructor(name, args) {
        super(version, name, { secretArn: undefined, ...args }, undefined, "test", "SecretVersion");
      }
    },
  };
}
