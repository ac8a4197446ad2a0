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
const ref = (name: string): Property => ({ $ref: `#/types/${token(name)}` });
const STRING = { type: "string" };
const FLAG = { type: "boolean" };
const ANY = { $ref: "pulumi.json#/Any" };
const listOf = (items: Property): Property => ({ type: "array", items });
const mapOf = (values: Property): Property => ({ type: "object", additionalProperties: values });
const hidden = (property: Property): Property => ({ ...property, secret: true });

/** With the doc comments of the TypeScript source as their descriptions: a property without one is a mistake here. */
function described(properties: Properties, comments: Map<string, string>, path = ""): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const description = comments.get(path + name);
      if (!description) throw new Error(`no doc comment of ${path}${name}`);
      return [name, { ...property, description }];
    }),
  );
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
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, SECRETS.includes(name) ? hidden(property) : property]),
  );
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
  roleArn: { ...STRING, description: "ARN of the role." },
  sessionName: { ...STRING, description: "Name of the session, which CloudTrail shows." },
  duration: { ...STRING, description: "How long the session lasts, `1h` for example." },
  policy: { ...STRING, description: "A policy that narrows the session, as JSON." },
  policyArns: { ...listOf(STRING), description: "ARNs of managed policies that narrow the session." },
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
    types: {
      [token("RotatedKey")]: objectOf(
        described({ ...pair, createdAt: STRING }, withPair(rotatedKey)),
        ["accessKeyId", "secretAccessKey", "createdAt"],
        rotatedKey.get(""),
      ),
      [token("PreviousKey")]: objectOf(
        described({ ...pair, createdAt: STRING }, withPair(rotatedKey)),
        ["accessKeyId", "createdAt"],
        "The key before the newest one. Without a secret if it was adopted without.",
      ),
      [token("Login")]: objectOf(
        described({ ...pair, sessionToken: hidden(STRING) }, args, "login."),
        ["accessKeyId", "secretAccessKey"],
        "Credentials to call AWS with.",
      ),
      [token("AdoptedKey")]: objectOf(
        described({ ...pair, createdAt: STRING }, keyInput),
        ["accessKeyId"],
        "A key that the user has already.",
      ),
      [token("AdoptedKeys")]: objectOf(
        described({ current: ref("AdoptedKey"), previous: ref("AdoptedKey") }, args, "state."),
        [],
        "Keys that the user has already.",
      ),
      [token("Pending")]: objectOf(
        described(
          {
            what: STRING,
            because: STRING,
            message: STRING,
            until: STRING,
            accessKeyId: STRING,
            blocked: FLAG,
          },
          pending,
        ),
        ["what", "because", "message"],
        pending.get(""),
      ),
      [token("UserSettings")]: objectOf(
        {
          name: { ...STRING, description: "The user's name. Default: made from the resource's name." },
          path: { ...STRING, description: "The user's path, `/ci/` for example. Default: `/`." },
          permissionsBoundary: { ...STRING, description: "ARN of the policy that is its permissions boundary." },
          forceDestroy: {
            ...FLAG,
            description: "A destroy deletes what else the user has: unmanaged keys, for example.",
          },
          tags: { ...mapOf(STRING), description: "Its tags." },
        },
        [],
        "The inputs of `aws.iam.User`.",
      ),
      [token("AssumeRole")]: objectOf(
        {
          ...role,
          externalId: { ...STRING, description: "The external id that the role's owner asks for." },
          sourceIdentity: { ...STRING, description: "The source identity that the session has." },
          tags: { ...mapOf(STRING), description: "Tags of the session." },
          transitiveTagKeys: {
            ...listOf(STRING),
            description: "Keys of tags that the next role's session has as well.",
          },
        },
        ["roleArn"],
        "A role to assume.",
      ),
      [token("AssumeRoleWithWebIdentity")]: objectOf(
        {
          ...role,
          webIdentityToken: hidden({ ...STRING, description: "The OIDC token." }),
          webIdentityTokenFile: { ...STRING, description: "A file with the OIDC token, read anew at each use." },
        },
        ["roleArn"],
        "A role that an OIDC token stands for.",
      ),
      [token("ReportedKey")]: objectOf(
        described(
          {
            userArn: STRING,
            currentAccessKeyId: STRING,
            previousAccessKeyId: STRING,
            currentCreatedAt: STRING,
            rotationDueAt: STRING,
            previousUntil: STRING,
            previousDeactivatedAt: STRING,
            pending: listOf(ref("Pending")),
            unmanagedAccessKeyIds: listOf(STRING),
          },
          descriptionsIn("program/rotationReport.ts", "ReportedKey"),
        ),
        ["userArn"],
        "What the report reads of a RotatedAccessKey or a RotatedUser.",
      ),
    },
    resources: {
      [token("RotatedAccessKey")]: {
        description: key.get(""),
        inputProperties: described({ userArn: STRING, ...marked(keyInputs) }, args),
        requiredInputs: ["userArn"],
        properties: described({ userArn: STRING, ...marked({ ...keyInputs, ...keyOutputs }) }, key),
        required: ALWAYS,
        aliases: [{ type: "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey" }],
      },
      [token("RotatedUser")]: {
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
    },
    functions: {
      [token("rotationPolicy")]: functionOf(
        "The policy for whoever runs the rotation, limited to the users that are rotated.",
        {
          userArns: {
            ...listOf(STRING),
            description: "ARNs of the rotated users; a `*` in the path or the name stands for any text.",
          },
          deactivatePeriod: { ...FLAG, description: "Allow what that input needs as well. Default: false." },
          lastUsedGuard: { ...FLAG, description: "Allow what that input needs as well. Default: false." },
          user: { ...FLAG, description: "Allow what the user of a RotatedUser needs as well. Default: false." },
        },
        ["userArns"],
        { json: { ...STRING, description: "The policy document, good as `policy` of `aws.iam.Policy`." } },
      ),
      [token("sesSmtpPassword")]: functionOf(
        "The password with which an access key signs in to the SMTP interface of Amazon SES.",
        {
          secretAccessKey: hidden({ ...STRING, description: "The secret of the key, not its id." }),
          region: { ...STRING, description: "The AWS region whose SMTP endpoint is used, for example `eu-central-1`." },
        },
        ["secretAccessKey", "region"],
        { password: hidden({ ...STRING, description: "The password." }) },
      ),
      [token("rotationReport")]: functionOf(
        "A Markdown table of keys, the one that is due first on top. It holds no secret.",
        {
          keys: {
            ...listOf(ref("ReportedKey")),
            description: "The keys of a fleet: RotatedAccessKey and RotatedUser alike.",
          },
        },
        ["keys"],
        { markdown: { ...STRING, description: "The table." } },
      ),
    },
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
