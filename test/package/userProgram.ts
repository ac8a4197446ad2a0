import type { RuntimeOptions } from "../harness/pulumi/languageHost";
import type { Tarball } from "../harness/pulumi/program";
import { type Cell, VERSIONS } from "./cells";

/** What the user's project is: the files that he writes, and the options of Pulumi's runtime. */
export function userProgram(cell: Cell, tarball: Tarball): { files: Record<string, unknown>; options: RuntimeOptions } {
  const main = cell.typescript === "none" ? "index.js" : "index.ts";
  // tsx compiles by itself: without `typescript: false` Pulumi's ts-node would do so as well.
  const options = cell.runBy === "tsx" ? { typescript: false, nodeargs: "--import tsx" } : {};
  return {
    options,
    files: {
      "Pulumi.yaml": { name: "program", runtime: { name: "nodejs", options } },
      "package.json": packageJson(cell, tarball, main),
      [main]: cell.typescript === "none" ? JAVASCRIPT[cell.modules] : TYPESCRIPT,
      ...(cell.typescript !== "none" && { "tsconfig.json": TSCONFIG }),
    },
  };
}

function packageJson(cell: Cell, tarball: Tarball, main: string): object {
  return {
    name: "program",
    version: "1.0.0",
    private: true,
    main,
    ...(cell.modules === "ESM" && { type: "module" }),
    dependencies: {
      "@pulumi/pulumi": VERSIONS.pulumi[cell.pulumi],
      "pulumi-aws-iam-rotator": `file:${tarball.file}`,
    },
    ...(cell.typescript !== "none" && {
      devDependencies: {
        "@types/node": VERSIONS.nodeTypes,
        typescript: VERSIONS.typescript[cell.typescript],
        ...(cell.runBy === "tsx" && { tsx: VERSIONS.tsx }),
        // The one that @pulumi/pulumi brings knows no ES modules.
        ...(cell.runBy === "ts-node" && cell.modules === "ESM" && { "ts-node": VERSIONS.tsNode }),
      },
    }),
  };
}

/** As in Pulumi's own templates. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
    outDir: "bin",
    forceConsistentCasingInFileNames: true,
  },
  files: ["index.ts"],
};

const BODY = `
const config = new pulumi.Config();
const key = new RotatedAccessKey("ci", {
  userArn: config.require("userArn"),
  rotationTrigger: config.require("rotation"),
});
const modules = typeof module === "undefined" ? "ESM" : "CommonJS";
`;

/** Newer versions of Node.js run TypeScript without a compiler, but no enum. */
const TYPESCRIPT = `import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey, type RotatedKey } from "pulumi-aws-iam-rotator";
${BODY}
enum Language {
  It = "TypeScript",
}
export const current: pulumi.Output<RotatedKey> = key.current;
export const ran = { node: process.versions.node, args: process.execArgv, language: Language.It, modules };
`;

const RAN = `{ node: process.versions.node, args: process.execArgv, language: "JavaScript", modules }`;

const JAVASCRIPT = {
  ESM: `import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "pulumi-aws-iam-rotator";
${BODY}
export const current = key.current;
export const ran = ${RAN};
`,
  CommonJS: `const pulumi = require("@pulumi/pulumi");
const { RotatedAccessKey } = require("pulumi-aws-iam-rotator");
${BODY}
exports.current = key.current;
exports.ran = ${RAN};
`,
};
