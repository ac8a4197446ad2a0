import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Metafile } from "esbuild";

const ROOT = resolve(__dirname, "../..");
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), "utf8"));

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
}
const locked = (): Record<string, Locked> => read("package-lock.json").packages;
const nameOf = (path: string) => path.split("node_modules/").at(-1) ?? "";

/** The folders of packages of which something is in a bundle, sorted. */
export function packagesIn({ outputs }: Metafile): string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = used.map((file) => /(?:^|\/)(node_modules\/.*)$/.exec(file)?.[1]);
  const packages = folders.map((file) => file && /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(packages)].filter((path) => path !== undefined).sort();
}

/** The folders of the packages that come with the npm package. */
export function packagesOfNpm(): string[] {
  const all = locked();
  const found = new Set<string>();
  const visit = (from: string, names: string[]): void => {
    for (const name of names) {
      let folder = from;
      // As Node.js looks for it: beside the package, and in each folder above.
      while (folder && !all[`${folder}/node_modules/${name}`])
        folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "");
      const path = [folder, `node_modules/${name}`].filter(Boolean).join("/");
      if (found.has(path)) continue;
      found.add(path);
      visit(path, Object.keys(all[path]?.dependencies ?? {}));
    }
  };
  visit("", Object.keys(read("package.json").dependencies));
  return [...found].sort();
}

/** The licenses of packages, each text once. */
export function licensesOf(packages: string[]): string {
  const byText = new Map<string, string[]>();
  for (const path of packages) {
    const { version, license } = read(join(path, "package.json"));
    const files = readdirSync(join(ROOT, path)).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
    // Some of AWS's come without: ours is the same license.
    const texts = files.map((name) => readFileSync(join(ROOT, path, name), "utf8").trim());
    if (texts.length === 0 && license !== "Apache-2.0") throw new Error(`${path} has no license file`);
    const text = texts.join("\n\n") || "Apache License, Version 2.0: see LICENSE.";
    byText.set(text, [...(byText.get(text) ?? []), `${nameOf(path)} ${version} (${license})`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  return `Parts of these packages are in plugin.js.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** A bill of materials: CycloneDX 1.5. (`npm sbom` refuses workspaces that have no version.) */
export function sbomOf(
  subject: { type: "application" | "library"; name: string; version: string },
  packages: string[],
) {
  const all = locked();
  const components = packages.map((path) => {
    const { version, license, integrity = "" } = all[path] ?? { version: read(join(path, "package.json")).version };
    const [algorithm = "", digest = ""] = integrity.split("-");
    const content = Buffer.from(digest, "base64").toString("hex");
    return {
      type: "library",
      "bom-ref": path,
      name: nameOf(path),
      version,
      purl: purl(nameOf(path), version),
      ...(license && { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] }),
      ...(content && { hashes: [{ alg: algorithm.toUpperCase().replace("SHA", "SHA-"), content }] }),
    };
  });
  const component = { ...subject, "bom-ref": "this" };
  return { bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata: { component }, components };
}

const purl = (name: string, version: string) => `pkg:npm/${name.replace("@", "%40")}@${version}`;
