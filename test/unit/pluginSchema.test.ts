import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SETTING_NAMES } from "../../provider/aws/awsSettings";
import { PUBLIC_INPUTS } from "../../provider/model/inputs";
import { PUBLIC_OUTPUTS, SECRETS } from "../../provider/model/outputs";
import { schemaOf } from "../../tools/plugin/schema";

const ROOT = join(__dirname, "../..");
interface Resource {
  inputProperties: Record<string, { description: string; secret?: boolean }>;
  properties: Record<string, { description: string; secret?: boolean }>;
  aliases: { type: string }[];
}
type Schema = {
  provider: { inputProperties: Record<string, { secret?: boolean }> };
  resources: Record<string, Resource>;
  language: { go: { importBasePath: string }; csharp: { rootNamespace: string }; java: { basePackage: string } };
} & Record<string, unknown>;

describe("the schema of the provider plugin", () => {
  const released = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const schema = schemaOf(released) as Schema;
  const key = schema.resources["aws-iam-rotator:index:RotatedAccessKey"];
  const user = schema.resources["aws-iam-rotator:index:RotatedUser"];

  // What programs of all languages see is promised: names stay, and new ones may come.
  it("is the one that is kept; `npm run docs` makes it", () => {
    const kept = JSON.parse(readFileSync(join(ROOT, "docs/schema.json"), "utf8"));
    assert.deepEqual(schema, { ...kept, version: released.version });
  });

  it("names where the releases are, in whatever form npm has it", () => {
    const url = "https://github.com/my-org/rotator";
    const plain = [
      url,
      `${url}.git`,
      `${url}/`,
      `git+${url}.git`,
      `${url}#main`,
      "github:my-org/rotator",
      "my-org/rotator",
    ];
    const git = ["git://github.com", "git+ssh://git@github.com"].map((host) => `${host}/my-org/rotator.git`);
    const objects = [`git+${url}.git`, "github:my-org/rotator"].map((at) => ({ type: "git", url: at, directory: "." }));
    const forms = [...plain, ...git, "git@github.com:my-org/rotator.git", ...objects];
    for (const repository of forms) {
      const made = schemaOf({ version: "1.0.0", repository });
      const { pluginDownloadURL, repository: shown, publisher, homepage, logoUrl } = made;
      const at = ["github://api.github.com/my-org/rotator", url, "my-org", url];
      assert.deepEqual([pluginDownloadURL, shown, publisher, homepage], at, JSON.stringify(repository));
      const [, logo = ""] =
        /^https:\/\/raw\.githubusercontent\.com\/my-org\/rotator\/HEAD\/(.*\.png)$/.exec(String(logoUrl)) ?? [];
      assert.ok(existsSync(join(ROOT, logo)), `no ${logoUrl}`);
      const { go, csharp, java } = made.language as Schema["language"];
      assert.equal(go.importBasePath, "github.com/my-org/rotator/sdk/go/awsiamrotator");
      assert.deepEqual([csharp.rootNamespace, java.basePackage], ["MyOrg", "io.github.my_org"]);
    }
    for (const repository of ["gitlab:my-org/rotator", "https://gitlab.com/my-org/rotator", "./rotator", "rotator"])
      assert.throws(() => schemaOf({ version: "1.0.0", repository }), /no address of a GitHub repository/);
  });

  it("has the names that the examples in Go and Java import", () => {
    const { go, java } = schema.language;
    for (const [file, name] of [
      ["go/main.go", `"${go.importBasePath}"`],
      ["java/src/main/java/rotator/App.java", `import ${java.basePackage}.awsiamrotator.RotatedUser;`],
    ] as const)
      assert.ok(readFileSync(join(ROOT, "examples", file), "utf8").includes(name), `${file}: no ${name}`);
  });

  it("has each input of the resource, all of them as outputs as well, and what is secret is marked", () => {
    const names = (properties: object = {}) => Object.keys(properties).sort();
    const inputs = PUBLIC_INPUTS.filter((name) => name !== "userArn");
    assert.deepEqual(names(key?.inputProperties), [...PUBLIC_INPUTS].sort());
    assert.deepEqual(names(user?.inputProperties), [...inputs, "user"].sort());
    assert.deepEqual(names(key?.properties), [...PUBLIC_INPUTS, ...PUBLIC_OUTPUTS].sort());
    assert.deepEqual(names(user?.properties), [...names(key?.properties), "userName"].sort());
    const marked = (properties: Resource["properties"] = {}) =>
      names(properties).filter((at) => properties[at]?.secret);
    const secrets = (all: readonly string[]) => SECRETS.filter((name) => all.includes(name)).sort();
    assert.deepEqual(marked(key?.properties), secrets([...PUBLIC_INPUTS, ...PUBLIC_OUTPUTS]));
    for (const resource of [key, user]) assert.deepEqual(marked(resource?.inputProperties), secrets(PUBLIC_INPUTS));
    // SDKs for Java and .NET do not compile with such a mark.
    assert.deepEqual(marked(user?.properties), []);
  });

  it("has the settings of @pulumi/aws, but for those that are refused", () => {
    const refused = ["ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode"];
    const names = Object.keys(schema.provider.inputProperties);
    assert.deepEqual(names.sort(), SETTING_NAMES.filter((name) => !refused.includes(name)).sort());
    for (const name of ["accessKey", "secretKey", "token"]) {
      assert.ok(schema.provider.inputProperties[name]?.secret, name);
    }
  });

  it("says the same as the TypeScript doc comments", () => {
    const source = readFileSync(join(ROOT, "provider/program/rotatedAccessKey.ts"), "utf8");
    const plain = (text: string) => text.replace(/[\s*]+/g, " ");
    const { description = "" } = key?.inputProperties.gracePeriod ?? {};
    assert.ok(description.length > 100 && plain(source).includes(plain(description)));
  });

  it("says it in words of every language", () => {
    const texts = JSON.stringify(schema).match(/"description":"(?:[^"\\]|\\.)*"/g) ?? [];
    assert.ok(texts.length > 100);
    assert.deepEqual(
      texts.filter((text) => /undefined|\b(Map|NaN|Date)\b|TypeScript|JavaScript|\{@/.test(text)),
      [],
    );
  });

  it("has no name that a language takes for something else", () => {
    // Members of Pulumi's classes in C# and Java, arguments of every resource in Python, and words of a language.
    const taken =
      /^(urn|id|empty|get|apply|build|builder|defaults|equals|hashCode|getHashCode|getType|getClass|toString|wait|notify|opts|args|resourceName|self|class|new|object|string|params|lock|base|event|operator|default|import|from|with|type|range|func|map|package|final|native)$/;
    const types = schema.types as Record<string, Pick<Resource, "properties">>;
    for (const [token, { properties }] of Object.entries({ ...schema.resources, ...types })) {
      const own = token.split(":").at(-1)?.toLowerCase();
      // In C# a member can't have the name of its class.
      const wrong = Object.keys(properties).filter((name) => taken.test(name) || name.toLowerCase() === own);
      assert.deepEqual(wrong, [], token);
    }
  });

  it("has the types of the npm package as aliases, so that a deployed stack keeps its keys", () => {
    assert.deepEqual(key?.aliases, [{ type: "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey" }]);
    assert.deepEqual(user?.aliases, [{ type: "pulumi-aws-iam-rotator:index:RotatedUser" }]);
  });
});
