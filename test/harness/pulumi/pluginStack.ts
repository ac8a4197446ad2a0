import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import execa from "execa";
import { bundleInto } from "../../../tools/plugin/bundle";
import { pythonWith } from "../aws/endpoint/python";
import { logToStderr } from "../commands";
import { ROOT } from "../dist";
import { ownAwsPlugin } from "./awsPlugin";
import { javaHost, languageHosts } from "./hosts";
import { JAVASCRIPT, type Stack } from "./stack";
import { Stand } from "./stand";

/** Those of the examples. */
export type Language = "yaml" | "python" | "go" | "java";

/** The part of Pulumi.yaml by which a project has the plugin that lies in a folder. */
export function pluginsOf(folder: string): string {
  return `plugins:\n  providers:\n    - name: aws-iam-rotator\n      path: ${folder}\n`;
}

/** The plugin in a folder of its own, with little patience. */
export async function hastyPlugin(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "rotator-plugin-"));
  await bundleInto(folder, join(ROOT, "test/harness/fixtures/hastyPlugin.ts"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The plugin as it is built, but for its patience, and stacks whose programs find it, and SDKs of it, by their project. */
export class Plugin extends Stand {
  folder = "";

  override async start(): Promise<void> {
    ({ folder: this.folder } = await hastyPlugin());
    await super.start();
  }

  /** A stack of a program in JavaScript, which has the plugin's resources by their tokens. */
  javascript(program: string, env: Record<string, string> = {}): Promise<Stack> {
    return this.#create(program, `name: program\n${JAVASCRIPT}${pluginsOf(this.folder)}`, env);
  }

  /** A stack of a program in YAML. */
  async yaml(program: string, env: Record<string, string> = {}): Promise<Stack> {
    const text = `name: program\nruntime: yaml\n${pluginsOf(this.folder)}${program}`;
    return this.#create("", text, env);
  }

  /** A stack of a program in JavaScript, with the generated SDK for Node.js as `pulumi-aws-iam-rotator-sdk`. */
  async withNodeSdk(program: string, env: Record<string, string> = {}): Promise<Stack> {
    const stack = await this.javascript(program, env);
    this.#compiled ??= prepareNode(await this.#generate());
    symlinkSync(await this.#compiled, join(stack.folder, "node_modules", "pulumi-aws-iam-rotator-sdk"));
    return stack;
  }

  #sdk: Promise<string> | undefined;
  #compiled: Promise<string> | undefined;

  /** The SDKs of the plugin's schema, each in a folder of its language. */
  #generate(): Promise<string> {
    this.#sdk ??= (async () => {
      const sdk = join(this.folder, "sdk");
      await execa(join(await languageHosts(), "gensdk"), [join(this.folder, "schema.json"), sdk]);
      return sdk;
    })();
    return this.#sdk;
  }

  /** A stack of an example, in its language, with the SDK that is generated for that. */
  async example(name: Language): Promise<Stack> {
    const example = join(ROOT, "examples", name);
    const sdk = await this.#generate();
    const env: Record<string, string> = {};
    const path = name === "java" ? [await javaHost()] : [];
    let project = readFileSync(join(example, "Pulumi.yaml"), "utf8").replace(/^name: .*/, "name: program");
    if (name === "python") {
      const python = await pythonWith(logToStderr, "pulumi");
      project = project.replace("virtualenv: venv", `virtualenv: ${dirname(dirname(python))}`);
      path.push(dirname(python));
      env.PYTHONPATH = join(sdk, "python");
      preparePython(join(sdk, "python"));
    }
    if (name === "go") {
      for (const variable of ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOFLAGS", "GOCACHE", "GOMODCACHE", "GOPATH"]) {
        const value = process.env[variable];
        if (value) env[variable] = value;
      }
    }
    const stack = await this.#create("", `${project}\n${pluginsOf(this.folder)}`, env, path);
    cpSync(example, stack.folder, { recursive: true, filter: (file) => !file.endsWith("Pulumi.yaml") });
    if (name === "go") await prepareGo(stack.folder, sdk, env);
    if (name === "java") await prepareJava(stack, join(this.folder, "schema.json"));
    return stack;
  }

  async #create(program: string, project: string, env: Record<string, string>, path: string[] = []): Promise<Stack> {
    const all = [...path, await languageHosts(), await ownAwsPlugin()];
    return this.stack(program, { project, path: all, env, hasty: false });
  }

  override async stop(): Promise<void> {
    await super.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What an installed package has besides, and the SDK reads. */
function preparePython(sdk: string): void {
  const folder = join(sdk, "pulumi_aws_iam_rotator-0.1.0.dist-info");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "METADATA"), "Metadata-Version: 2.1\nName: pulumi_aws_iam_rotator\nVersion: 0.1.0\n");
}

/** As `pulumi package add` leaves it. @returns the folder of what is compiled */
async function prepareNode(sdk: string): Promise<string> {
  const [source, made] = [join(sdk, "nodejs"), join(sdk, "compiled")];
  symlinkSync(join(ROOT, "node_modules"), join(sdk, "node_modules"));
  const target = ["--ignoreConfig", "--module", "nodenext", "--target", "es2022", "--types", "node", "--skipLibCheck"];
  const sources = ["index.ts", "config/index.ts", "types/index.ts"].map((file) => join(source, file));
  await execa(join(ROOT, "node_modules/.bin/tsc"), [...target, "--rootDir", source, "--outDir", made, ...sources]);
  writeFileSync(join(made, "package.json"), readFileSync(join(source, "package.json")));
  return made;
}

async function prepareGo(folder: string, sdk: string, env: Record<string, string>): Promise<void> {
  const name = JSON.parse(readFileSync(join(sdk, "../schema.json"), "utf8")).language.go.importBasePath as string;
  writeFileSync(join(sdk, "go", "go.mod"), `module ${name}\n\ngo 1.25.0\n`);
  const go = (...args: string[]) => execa("go", args, { cwd: folder, env });
  await go("mod", "edit", "-require", `${name}@v0.0.0`, "-replace", `${name}=${join(sdk, "go")}`);
  await go("mod", "tidy");
}

/** As docs/languages.md says. */
async function prepareJava(stack: Stack, schema: string): Promise<void> {
  const out = join(stack.folder, "sdks");
  await stack.must("package", "gen-sdk", schema, "--language", "java", "--local", "--out", out);
  cpSync(join(out, "java/src"), join(stack.folder, "src"), { recursive: true });
}
