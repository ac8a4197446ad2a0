import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "../harness/aws/account";
import { ROOT } from "../harness/dist";
import { type PackageTools, packageTools } from "../harness/packages/packageTools";
import { runtimeOptionsPath } from "../harness/pulumi/languageHost";
import { Program, pack, type Tarball } from "../harness/pulumi/program";
import { stand } from "../harness/pulumi/stand";
import { CELLS, type Cell, coverageTable, PAIRS, VERSIONS } from "./cells";
import { complaints, installBy } from "./managers";
import { userProgram } from "./userProgram";

/** What others warn of: ts-node 10 of itself on Node.js 24, and the engine of the host that ../harness/pulumi/languageHost puts on PATH. */
const NOT_OURS = [/\[DEP0180\]/, /using pulumi-language-nodejs from \$PATH/];

describe("the covering set of programs", () => {
  it("has every pair of values of the columns that depend on each other", () => {
    for (const [one, other] of PAIRS) {
      const values = (column: keyof Cell) => [...new Set(CELLS.map((cell) => cell[column]))];
      for (const a of values(one))
        for (const b of values(other)) {
          const found = CELLS.some((cell) => cell[one] === a && cell[other] === b);
          assert.ok(found, `no program has ${one} ${a} with ${other} ${b}`);
        }
    }
  });

  // The page tells of the pinned versions.
  if (process.env.MATRIX !== "newest") {
    it("is the table of docs/versions.md", () => {
      const page = readFileSync(join(ROOT, "docs/versions.md"), "utf8");
      assert.ok(page.includes(`\n${coverageTable()}\n`), `docs/versions.md lacks this table:\n${coverageTable()}`);
    });
  }
});

describe("the packed tarball in every kind of program", function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), "rotator-matrix-"));
  let tarball: Tarball;
  let tools: PackageTools;
  const at = stand();

  before(async () => {
    [tarball, tools] = await Promise.all([pack(folder), packageTools()]);
  });
  after(() => rmSync(folder, { recursive: true }));

  // `npm test` has two that the other tests of packages have not; `npm run test:matrix` has all.
  const some: Record<string, (cell: Cell) => boolean> = {
    all: () => true,
    newest: ({ pulumi }) => pulumi === "newest",
  };
  const isWanted =
    some[process.env.MATRIX ?? ""] ?? (({ modules, typescript }) => modules === "ESM" && typescript === "6.0");
  const cells = CELLS.filter(isWanted);
  for (const [nth, cell] of cells.entries()) {
    const { manager, node, typescript, modules, runBy, pulumi } = cell;
    const language = typescript === "none" ? "JavaScript" : `TypeScript ${typescript}`;
    const title = `${manager}, Node.js ${node}, ${language}, ${modules}, ${runBy}, the ${pulumi} Pulumi`;
    it(`makes a key, rotates it and deletes all: ${title}`, async () => {
      const { files, options } = userProgram(cell, tarball);
      const program = new Program([tools.node(node), ...(await runtimeOptionsPath(options, folder))]);
      try {
        for (const [name, content] of Object.entries(files)) program.write(name, content as string | object);
        assert.deepEqual(complaints(await installBy(manager, tools, program)), []);
        assert.equal(program.versionOf("@pulumi/pulumi"), VERSIONS.pulumi[pulumi]);
        if (typescript !== "none") {
          assert.equal(program.versionOf("typescript"), VERSIONS.typescript[typescript]);
          // ts-node does so by itself.
          if (runBy === "tsx")
            assert.equal(await program.run("node", ["node_modules/typescript/bin/tsc", "--noEmit"]), "");
        }
        await live(program, at.account(`user-${nth}`), cell);
      } finally {
        program.remove();
      }
    });
  }

  /** The life of a stack, by the real CLI. */
  async function live(program: Program, account: Account, cell: Cell): Promise<void> {
    const said: string[] = [];
    const run = async (...args: string[]) => said.push(await program.pulumi(at.endpoint.url, ...args));
    const up = (rotation: string) => run("up", "--yes", "--skip-preview", "-c", `rotation=${rotation}`);
    const userArn = await account.createUser();
    await run("stack", "init", "dev");
    await run("config", "set", "userArn", userArn);

    await up("first");
    const { currentAccessKeyId: first } = program.recorded("RotatedAccessKey");
    assert.deepEqual(await account.keys(), [{ id: first, status: "Active" }]);
    await up("second");
    const { currentAccessKeyId, previousAccessKeyId } = program.recorded("RotatedAccessKey");
    assert.equal(previousAccessKeyId, first);
    assert.deepEqual(
      (await account.keys()).map(({ id }) => id),
      [first, currentAccessKeyId],
    );
    await run("preview", "--expect-no-changes");
    const { ran } = program.recorded("Stack");
    await run("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await account.keys(), []);

    const { node, args, ...rest } = ran as { node: string; args: string[] };
    assert.equal(Number(node.split(".")[0]), cell.node);
    assert.equal(args.join(" ").includes("--import tsx"), cell.runBy === "tsx");
    const language = cell.typescript === "none" ? "JavaScript" : "TypeScript";
    assert.deepEqual(rest, { language, modules: cell.modules });
    const warnings = said
      .join("\n")
      .split("\n")
      .filter((line) => /warning:|NodeVersionSupport/i.test(line));
    assert.deepEqual(
      warnings.filter((line) => !NOT_OURS.some((known) => known.test(line))),
      [],
    );
  }
});
