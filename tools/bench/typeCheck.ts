import type { Benchmark, Limit, Measurement, Ratio, Row } from "./measurement";
import { ownSeconds } from "./ownTypes";
import { Program } from "./program";
import { alternate } from "./runs";

/** Of one run of tsc, or of one start of a program. */
interface Cost {
  seconds: number;
  /** What the processor worked for it: other work on the machine disturbs this less. */
  cpuSeconds: number;
  megabytes: number;
  /** Of tsc alone: how many of each it had to do with. The same in each run. */
  counts?: Record<(typeof COUNTED)[number], number>;
}

const COUNTED = ["Files", "Lines of Definitions", "Types", "Instantiations"] as const;

const PULUMI = 'import * as pulumi from "@pulumi/pulumi";\nexport const stack = pulumi.getStack();\n';
const USER_ARN = '"arn:aws:iam::123456789012:user/ci/deployer"';

/** Four programs: each of ours beside what a program has anyway that uses it. */
const PROGRAMS = {
  pulumi: { modules: ["@pulumi/pulumi"], text: PULUMI },
  rotatedAccessKey: {
    modules: ["@pulumi/pulumi", "pulumi-aws-iam-rotator"],
    text: `${PULUMI}import { RotatedAccessKey } from "pulumi-aws-iam-rotator";
export const id = new RotatedAccessKey("ci", { userArn: ${USER_ARN} }).currentAccessKeyId;\n`,
  },
  user: {
    modules: ["@pulumi/pulumi", "@pulumi/aws/iam/user"],
    text: `${PULUMI}import { User } from "@pulumi/aws/iam/user";\nexport const arn = new User("ci").arn;\n`,
  },
  rotatedUser: {
    modules: ["@pulumi/pulumi", "pulumi-aws-iam-rotator/user"],
    text: `${PULUMI}import { RotatedUser } from "pulumi-aws-iam-rotator/user";
export const id = new RotatedUser("ci").currentAccessKeyId;\n`,
  },
};

type Name = keyof typeof PROGRAMS;

const TITLES: Record<Name, string> = {
  pulumi: "@pulumi/pulumi alone",
  rotatedAccessKey: "RotatedAccessKey",
  user: "@pulumi/aws/iam/user",
  rotatedUser: "RotatedUser",
};

export const typeCheck: Benchmark = {
  name: "typeCheck",
  title: "Type-check and load: what an import adds",
  async run(log) {
    const program = await Program.install(log, "@pulumi/aws", "typescript", "@types/node");
    try {
      const names = Object.keys(PROGRAMS) as Name[];
      program.write("cpu.js", CPU);
      for (const name of names) writeProgram(program, name);
      const each = (work: (name: Name) => Promise<Cost>) =>
        Object.fromEntries(names.map((name) => [name, () => work(name)]));
      const checks = await alternate(
        log,
        "typeCheck: tsc",
        each((name) => check(program, name)),
      );
      const loads = await alternate(
        log,
        "typeCheck: loading",
        each((name) => load(program, name)),
      );
      const { own = [] } = await alternate(log, "typeCheck: tsc's trace", {
        own: () => ownSeconds(program, "rotatedAccessKey", "pulumi-aws-iam-rotator"),
      });
      return measure(checks as Record<Name, Cost[]>, loads as Record<Name, Cost[]>, own);
    } finally {
      program.remove();
    }
  },
};

/** In the words of tsc's own figures. */
const CPU = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  console.log("Processor time: " + (user + system) / 1e6 + "s");
});
`;

/** With the compiler options of Pulumi's template, but for those that TypeScript 6 refuses. */
function writeProgram(program: Program, name: Name): void {
  program.write(`${name}.ts`, PROGRAMS[name].text);
  const compilerOptions = { strict: true, target: "es2022", module: "nodenext", types: ["node"], noEmit: true };
  program.write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
}

async function check(program: Program, name: Name): Promise<Cost> {
  const text = await program.node(
    ...["-r", "./cpu.js"],
    "node_modules/typescript/bin/tsc",
    "--extendedDiagnostics",
    "-p",
    `tsconfig.${name}.json`,
  );
  const counts = Object.fromEntries(COUNTED.map((counted) => [counted, diagnostic(text, counted)])) as Cost["counts"];
  return {
    seconds: diagnostic(text, "Total time"),
    cpuSeconds: diagnostic(text, "Processor time"),
    megabytes: diagnostic(text, "Memory used") / 1_000,
    ...(counts && { counts }),
  };
}

/** A figure in what tsc prints of itself: seconds, kilobytes, or a number. */
export function diagnostic(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name}:`));
  return line === undefined ? Number.NaN : Number.parseFloat(line.slice(name.length + 1));
}

async function load(program: Program, name: Name): Promise<Cost> {
  const script = `const start = process.hrtime.bigint();
for (const name of ${JSON.stringify(PROGRAMS[name].modules)}) require(name);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, megabytes: process.memoryUsage().rss / 1e6 }));`;
  return JSON.parse(await program.node("-e", script)) as Cost;
}

function measure(checks: Record<Name, Cost[]>, loads: Record<Name, Cost[]>, own: number[]): Measurement {
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  const limits: Limit[] = [];
  for (const [doing, costs] of [
    ["type-check", checks],
    ["load", loads],
  ] as const) {
    for (const [of, how, unit, goal] of [
      ["seconds", doing, "s", 0.1],
      ["cpuSeconds", `${doing}, processor`, "s", 0.1],
      ["megabytes", `${doing}, memory`, "MB", 20],
    ] as const) {
      const row = (name: Name): Row => ({
        what: `${how}: ${TITLES[name]}`,
        unit,
        values: costs[name].map((cost) => cost[of]),
      });
      const [pulumi, key, user, rotatedUser] = [
        row("pulumi"),
        row("rotatedAccessKey"),
        row("user"),
        row("rotatedUser"),
      ];
      const added: Row = {
        what: `${how}: what RotatedAccessKey adds`,
        unit,
        values: key.values.map((value, i) => value - (pulumi.values[i] ?? Number.NaN)),
      };
      rows.push(pulumi, key, added, user, rotatedUser);
      limits.push({ what: added.what, row: added, goal });
      ratios.push({
        what: `${how}: RotatedUser over @pulumi/aws/iam/user`,
        of: rotatedUser,
        over: user,
        goal: 1.05,
      });
    }
  }
  const traced: Row = {
    what: "type-check: RotatedAccessKey's types and their use, in tsc's own trace",
    unit: "s",
    values: own,
  };
  rows.push(traced);
  limits.push({ what: traced.what, row: traced, goal: 0.1 });
  return {
    name: "typeCheck",
    title: typeCheck.title,
    text:
      "`tsc` on programs of three lines, with the types as they are packed and without `skipLibCheck`, by its own " +
      "`--extendedDiagnostics`; and a plain node that loads what they import, with the memory it has then. Each program " +
      "imports @pulumi/pulumi as well.",
    rows,
    ratios,
    limits,
    notes: [
      addedBy("RotatedAccessKey", checks.pulumi[0], checks.rotatedAccessKey[0], "@pulumi/pulumi alone"),
      addedBy("RotatedUser", checks.user[0], checks.rotatedUser[0], "@pulumi/aws/iam/user"),
    ],
  };
}

/** What tsc counts is free of noise. */
function addedBy(what: string, before: Cost | undefined, after: Cost | undefined, to: string): string {
  const added = COUNTED.map((counted) => {
    const [from = Number.NaN, till = Number.NaN] = [before?.counts?.[counted], after?.counts?.[counted]];
    return `${till - from} ${counted.toLowerCase()} (of ${till})`;
  });
  return `What tsc counts, which is the same in each run: to ${to}, ${what} adds ${added.join(", ")}.`;
}
