import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SETTING_NAMES, SETTINGS, type SettingName } from "../../provider/aws/awsSettings";
import { PUBLIC_INPUTS } from "../../provider/model/inputs";
import { outputsThatAre, PUBLIC_OUTPUTS, SECRETS } from "../../provider/model/outputs";
import { descriptionsIn } from "./descriptions";
import { NAME, type Package, publishedAs } from "./names";

type Property = Record<string, unknown>;
type Properties = Record<string, Property>;

const token = (name: string) => `${NAME}:index:${name}`;
const tokens = (named: Properties): Properties =>
  Object.fromEntries(Object.entries(named).map(([name, of]) => [token(name), of]));
const ref = (name: string): Property => ({ $ref: `#/types/${token(name)}` });
const STRING = { type: "string" };
const FLAG = { type: "boolean" };
const ANY = { $ref: "pulumi.json#/Any" };
const listOf = (items: Property): Property => ({ type: "array", items });
const mapOf = (values: Property): Property => ({ type: "object", additionalProperties: values });
const as =
  (property: Property) =>
  (description: string): Property => ({ ...property, description });
const [text, flag, texts, textMap] = [as(STRING), as(FLAG), as(listOf(STRING)), as(mapOf(STRING))];
const hidden = (property: Property): Property => ({ ...property, secret: true });

const mapped = (properties: Properties, map: (property: Property, name: string) => Property): Properties =>
  Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, map(property, name)]));

/** With the doc comments of the TypeScript source as their descriptions: a property without one is a mistake here. */
function described(properties: Properties, comments: Map<string, string>, path = ""): Properties {
  return mapped(properties, (property, name) => {
    const description = comments.get(path + name);
    if (!description) throw new Error(`no doc comment of ${path}${name}`);
    return { ...property, description };
  });
}

const args = descriptionsIn("program/rotatedAccessKey.ts", "RotatedAccessKeyArgs");
const key = descriptionsIn("program/rotatedAccessKey.ts", "RotatedAccessKey");
const keyInput = descriptionsIn("program/rotatedAccessKey.ts", "KeyInput");
const user = descriptionsIn("program/rotatedUser.ts", "RotatedUser");
const userArgs = descriptionsIn("program/rotatedUser.ts", "RotatedUserArgs");
const rotatedKey = descriptionsIn("model/accessKey.ts", "RotatedKey");
const pending = descriptionsIn("model/pending.ts", "Pending");

/** What is no text. */
const shapes: Properties = {
  rotationTrigger: ANY,
  revocationTrigger: ANY,
  login: ref("Login"),
  state: ref("AdoptedKeys"),
  current: ref("RotatedKey"),
  previous: ref("PreviousKey"),
  pending: listOf(ref("Pending")),
  unmanagedAccessKeyIds: listOf(STRING),
};
const shaped = (names: readonly string[]): Properties =>
  Object.fromEntries(names.map((name) => [name, shapes[name] ?? STRING]));
/** Those that are secret in any case are marked. */
const marked = (properties: Properties): Properties =>
  mapped(properties, (property, name) => (SECRETS.includes(name) ? hidden(property) : property));
const keyInputs = shaped(PUBLIC_INPUTS.filter((name) => name !== "userArn"));
const keyOutputs = shaped(PUBLIC_OUTPUTS);
const optional: readonly string[] = outputsThatAre("optional");
const ALWAYS = ["userArn", ...PUBLIC_OUTPUTS.filter((name) => !optional.includes(name))];
const pair: Properties = { accessKeyId: STRING, secretAccessKey: hidden(STRING) };

const lists: SettingName[] = [
  "sharedConfigFiles",
  "sharedCredentialsFiles",
  "allowedAccountIds",
  "forbiddenAccountIds",
];
const flags: SettingName[] = ["useFipsEndpoint", "useDualstackEndpoint", "insecure"];
const types: Partial<Record<SettingName, Property>> = {
  ...Object.fromEntries(lists.map((name) => [name, listOf(STRING)])),
  ...Object.fromEntries(flags.map((name) => [name, FLAG])),
  maxRetries: { type: "integer" },
  assumeRole: ref("AssumeRole"),
  assumeRoles: listOf(ref("AssumeRole")),
  assumeRoleWithWebIdentity: ref("AssumeRoleWithWebIdentity"),
  endpoints: listOf(mapOf(STRING)),
  accessKey: hidden(STRING),
  secretKey: hidden(STRING),
  token: hidden(STRING),
};
/** The settings of `@pulumi/aws`, by their names there. */
const settings: Properties = Object.fromEntries(
  SETTING_NAMES.filter((name) => !SETTINGS[name].startsWith("refused")).map((name) => [
    name,
    { ...(types[name] ?? STRING), description: `As in @pulumi/aws: ${SETTINGS[name]}.` },
  ]),
);
const role: Properties = {
  roleArn: text("ARN of the role."),
  sessionName: text("Name of the session, which CloudTrail shows."),
  duration: text("How long the session lasts, `1h` for example."),
  policy: text("A policy that narrows the session, as JSON."),
  policyArns: texts("ARNs of managed policies that narrow the session."),
};

const objectOf = (properties: Properties, required: string[] = [], description = ""): Property => ({
  type: "object",
  ...(description && { description }),
  properties,
  ...(required.length > 0 && { required }),
});

const DESCRIPTION = "Rotates the access keys of AWS IAM users with `pulumi up`: two keys, no downtime, no server.";

/** The package's schema: what `pulumi package get-schema`, the SDKs and the registry are made of. */
export function schemaOf(released: Package): Record<string, unknown> {
  const { registry, goPath, csharpNamespace, javaPackage } = publishedAs(released);
  return {
    name: NAME,
    displayName: "AWS IAM rotator",
    version: released.version,
    description: DESCRIPTION,
    keywords: ["pulumi", "aws", "iam", "access-key", "rotation", "category/cloud", "kind/native"],
    license: "Apache-2.0",
    ...registry,
    meta: { moduleFormat: "(.*)" },
    config: { variables: settings },
    provider: {
      description: "Who rotates, and how AWS is reached: settings with the names that they have in `aws.Provider`.",
      inputProperties: settings,
    },
    types: tokens({
      RotatedKey: objectOf(
        described({ ...pair, createdAt: STRING }, withPair(rotatedKey)),
        ["accessKeyId", "secretAccessKey", "createdAt"],
        rotatedKey.get(""),
      ),
      PreviousKey: objectOf(
        described({ ...pair, createdAt: STRING }, withPair(rotatedKey)),
        ["accessKeyId", "createdAt"],
        "The key before the newest one. Without a secret if it was adopted without.",
      ),
      Login: objectOf(
        described({ ...pair, sessionToken: hidden(STRING) }, args, "login."),
        ["accessKeyId", "secretAccessKey"],
        "Credentials to call AWS with.",
      ),
      AdoptedKey: objectOf(
        described({ ...pair, createdAt: STRING }, keyInput),
        ["accessKeyId"],
        "A key that the user has already.",
      ),
      AdoptedKeys: objectOf(
        described({ current: ref("AdoptedKey"), previous: ref("AdoptedKey") }, args, "state."),
        [],
        "Keys that the user has already.",
      ),
      Pending: objectOf(
        described({ ...shaped(["what", "because", "message", "until", "accessKeyId"]), blocked: FLAG }, pending),
        ["what", "because", "message"],
        pending.get(""),
      ),
      UserSettings: objectOf(
        {
          name: text("The user's name. Default: made from the resource's name."),
          path: text("The user's path, `/ci/` for example. Default: `/`."),
          permissionsBoundary: text("ARN of the policy that is its permissions boundary."),
          forceDestroy: flag("A destroy deletes what else the user has: unmanaged keys, for example."),
          tags: textMap("Its tags."),
        },
        [],
        "The inputs of `aws.iam.User`.",
      ),
      AssumeRole: objectOf(
        {
          ...role,
          externalId: text("The external id that the role's owner asks for."),
          sourceIdentity: text("The source identity that the session has."),
          tags: textMap("Tags of the session."),
          transitiveTagKeys: texts("Keys of tags that the next role's session has as well."),
        },
        ["roleArn"],
        "A role to assume.",
      ),
      AssumeRoleWithWebIdentity: objectOf(
        {
          ...role,
          webIdentityToken: hidden(text("The OIDC token.")),
          webIdentityTokenFile: text("A file with the OIDC token, read anew at each use."),
        },
        ["roleArn"],
        "A role that an OIDC token stands for.",
      ),
      ReportedKey: objectOf(
        described(
          shaped([
            "userArn",
            "currentAccessKeyId",
            "previousAccessKeyId",
            "currentCreatedAt",
            "rotationDueAt",
            "previousUntil",
            "previousDeactivatedAt",
            "pending",
            "unmanagedAccessKeyIds",
          ]),
          descriptionsIn("program/rotationReport.ts", "ReportedKey"),
        ),
        ["userArn"],
        "What the report reads of a RotatedAccessKey or a RotatedUser.",
      ),
    }),
    resources: tokens({
      RotatedAccessKey: {
        description: key.get(""),
        inputProperties: described({ userArn: STRING, ...marked(keyInputs) }, args),
        requiredInputs: ["userArn"],
        properties: described({ userArn: STRING, ...marked({ ...keyInputs, ...keyOutputs }) }, key),
        required: ALWAYS,
        aliases: [{ type: "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey" }],
      },
      RotatedUser: {
        isComponent: true,
        description: user.get(""),
        inputProperties: {
          ...described({ user: ref("UserSettings") }, userArgs),
          ...described(marked(keyInputs), args),
        },
        // Not marked, since Java and .NET can't compile that of a component: its answer to the engine marks them.
        properties: described({ userName: STRING, userArn: STRING, ...keyInputs, ...keyOutputs }, user),
        required: ["userName", ...ALWAYS],
        aliases: [{ type: "pulumi-aws-iam-rotator:index:RotatedUser" }],
      },
    }),
    functions: tokens({
      rotationPolicy: functionOf(
        "The policy for whoever runs the rotation, limited to the users that are rotated.",
        {
          userArns: texts("ARNs of the rotated users; a `*` in the path or the name stands for any text."),
          deactivatePeriod: flag("Allow what that input needs as well. Default: false."),
          lastUsedGuard: flag("Allow what that input needs as well. Default: false."),
          user: flag("Allow what the user of a RotatedUser needs as well. Default: false."),
        },
        ["userArns"],
        { json: text("The policy document, good as `policy` of `aws.iam.Policy`.") },
      ),
      sesSmtpPassword: functionOf(
        "The password with which an access key signs in to the SMTP interface of Amazon SES.",
        {
          secretAccessKey: hidden(text("The secret of the key, not its id.")),
          region: text("The AWS region whose SMTP endpoint is used, for example `eu-central-1`."),
        },
        ["secretAccessKey", "region"],
        { password: hidden(text("The password.")) },
      ),
      rotationReport: functionOf(
        "A Markdown table of keys, the one that is due first on top. It holds no secret.",
        {
          keys: {
            ...listOf(ref("ReportedKey")),
            description: "The keys of a fleet: RotatedAccessKey and RotatedUser alike.",
          },
        },
        ["keys"],
        { markdown: text("The table.") },
      ),
    }),
    // No package of an SDK has the name of the package that TypeScript programs use without the plugin.
    language: {
      nodejs: {
        packageName: "pulumi-aws-iam-rotator-sdk",
        packageDescription: DESCRIPTION,
        respectSchemaVersion: true,
      },
      python: { packageName: "pulumi_aws_iam_rotator", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: {
        importBasePath: goPath,
        rootPackageName: "awsiamrotator",
        generateResourceContainerTypes: true,
        respectSchemaVersion: true,
      },
      csharp: { rootNamespace: csharpNamespace, respectSchemaVersion: true, packageReferences: { Pulumi: "3.*" } },
      java: { basePackage: javaPackage },
    },
  };
}

function withPair(comments: Map<string, string>): Map<string, string> {
  return new Map([...descriptionsIn("model/accessKey.ts", "AccessKeyPair"), ...comments]);
}

function functionOf(description: string, properties: Properties, required: string[], outputs: Properties): Property {
  const out = { type: "object", properties: outputs, required: Object.keys(outputs) };
  return { description, inputs: { type: "object", properties, required }, outputs: out };
}

/** Keeps it beside the pages, where the registry reads it: part of `npm run docs`. */
if (require.main === module) {
  const released = require("../../package.json") as Package;
  writeFileSync(join(__dirname, "../../docs/schema.json"), `${JSON.stringify(schemaOf(released), null, 2)}\n`);
}
