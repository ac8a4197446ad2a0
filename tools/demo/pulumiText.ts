const OPERATION = /^(Previewing|Updating|Destroying|Refreshing)\b.*:$/;
const SECTION = /^(Diagnostics|Outputs|Resources|Duration|Policies):/;
/** The sign of what is done, the resource's type, its name, and what is told of it. */
const RESOURCE = /^ (.{2}) (\S+:\S+) (\S+) ?(.*)$/;

/**
 * What the CLI printed to a pipe, without its noise: dots of progress, the earlier states of a resource of which a
 * later one is told, messages that are repeated beside resources, and the warning that the aws plugin comes from PATH.
 */
export function withoutNoise(text: string): string {
  const kept: string[] = [];
  let progress: Map<string, string> | undefined;
  for (const line of text.split("\n").map((line) => line.trimEnd())) {
    if (SECTION.test(line)) {
      kept.push(...(progress?.values() ?? []), "");
      progress = undefined;
    }
    if (progress) noteProgress(progress, line);
    else if (!/^\s*warning: using pulumi-resource-aws from \$PATH/.test(line)) kept.push(line);
    if (OPERATION.test(line)) {
      kept.push("");
      progress = new Map();
    }
  }
  kept.push(...(progress?.values() ?? []));
  return withoutEmptySections(kept).join("\n").trim();
}

/** Keeps the last that is told of each resource, and what the CLI says between these lines. */
function noteProgress(progress: Map<string, string>, line: string): void {
  if (line === "" || line.startsWith("@ ")) return;
  const [, sign = "", type = "", name = "", told = ""] = RESOURCE.exec(line) ?? [];
  if (!type) {
    progress.set(line, line);
    return;
  }
  const short = told
    .replace(/(^| )(warning: using |arn:aws\S*: this update ).*$/, "")
    .replace(/(^| )\d+ (warning|message|error).*$/, "")
    // Diagnostics say it in full.
    .replace(/; error: .*$/, "");
  const same = sign.trim() === "" && /^(running)?$/.test(short.trim());
  // Deleted first, so that the lines stand in the order in which they were last told.
  progress.delete(`${type} ${name}`);
  if (!same) progress.set(`${type} ${name}`, ` ${sign} ${type} ${name} ${short}`.trimEnd());
}

/** Without the title of a section that has nothing left in it, and without double empty lines. */
function withoutEmptySections(lines: string[]): string[] {
  const full = lines.filter((line, at) => {
    if (!/^(Diagnostics| {2}\S+:\S+ \(\S+\)):$/.test(line)) return true;
    const next = lines.slice(at + 1).find((following) => following !== "");
    return next !== undefined && indentOf(next) > indentOf(line);
  });
  // A second pass, since a title may have stood over another one only.
  if (full.length < lines.length) return withoutEmptySections(full);
  return full.filter((line, at) => line !== "" || full[at - 1] !== "");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
