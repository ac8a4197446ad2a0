import type { NodeMajor } from "../harness/packages/packageTools";
import { OLDEST_PULUMI } from "../harness/pulumi/builtProvider";

const { devDependencies } = require("../../package.json") as { devDependencies: Record<string, string> };

/** One kind of program: what installs the packages, how it is written, and what runs it. */
export interface Cell {
  manager: "npm" | "pnpm" | "Yarn" | "Bun";
  node: NodeMajor;
  /** `none`: plain JavaScript. */
  typescript: "5.9" | "6.0" | "none";
  modules: "CommonJS" | "ESM";
  /** `node`: plain JavaScript. */
  runBy: "ts-node" | "tsx" | "node";
  pulumi: "oldest" | "newest";
}

export const VERSIONS = {
  typescript: { "5.9": "5.9.3", "6.0": "6.0.3" },
  pulumi: { oldest: OLDEST_PULUMI, newest: devDependencies["@pulumi/pulumi"] ?? "" },
  tsx: "4.23.15",
  tsNode: "10.9.2",
  nodeTypes: devDependencies["@types/node"] ?? "",
} as const;

type Row = [Cell["manager"], NodeMajor, Cell["typescript"], Cell["modules"], Cell["runBy"], Cell["pulumi"]];

/** Every value is here, and so is every pair of values of those columns that PAIRS names. */
const ROWS: Row[] = [
  ["npm", 20, "5.9", "CommonJS", "ts-node", "oldest"],
  ["npm", 24, "6.0", "ESM", "ts-node", "newest"],
  ["pnpm", 22, "6.0", "ESM", "tsx", "oldest"],
  ["pnpm", 20, "5.9", "CommonJS", "tsx", "newest"],
  ["Yarn", 24, "none", "CommonJS", "node", "oldest"],
  ["Yarn", 20, "none", "ESM", "node", "newest"],
  ["Bun", 24, "5.9", "ESM", "tsx", "oldest"],
  ["Bun", 22, "6.0", "CommonJS", "ts-node", "newest"],
];

export const CELLS: Cell[] = ROWS.map(([manager, node, typescript, modules, runBy, pulumi]) => ({
  manager,
  node,
  typescript,
  modules,
  runBy,
  pulumi,
}));

export const PAIRS: [keyof Cell, keyof Cell][] = [
  ["manager", "modules"],
  ["manager", "pulumi"],
  ["modules", "pulumi"],
  ["modules", "runBy"],
  ["runBy", "pulumi"],
  ["node", "modules"],
  ["node", "pulumi"],
  ["typescript", "modules"],
  ["typescript", "pulumi"],
];

/** The table of docs/versions.md. */
export function coverageTable(): string {
  const head = ["installed by", "Node.js", "TypeScript", "modules", "run by", "`@pulumi/pulumi`"];
  const rows = CELLS.map(({ manager, node, typescript, modules, runBy, pulumi }) => [
    manager,
    node,
    typescript === "none" ? "–" : typescript,
    modules,
    runBy,
    VERSIONS.pulumi[pulumi],
  ]);
  return [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")
    .replaceAll("| --- ", "|---")
    .replaceAll("--- |", "---|");
}
