// Loaded before an example (NODE_OPTIONS): `aws.iam.getUsers`, which the aws plugin of the tests does not have, asks IAM itself.
const Module = require("node:module");

const load = Module._load;
Module._load = function (request, ...rest) {
  return request === "@pulumi/aws/iam/getUsers" ? { getUsers } : load.call(this, request, ...rest);
};

async function getUsers({ pathPrefix }) {
  const { IAMClient, ListUsersCommand } = require("@aws-sdk/client-iam");
  const { Users = [] } = await new IAMClient({ region: "us-east-1" }).send(
    new ListUsersCommand({ PathPrefix: pathPrefix }),
  );
  return { arns: Users.map(({ Arn }) => Arn) };
}
