import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** All files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Those of the files in which one of the values stands: as it is, in base64, or as in a URL. */
export function filesWith(values: string[], files: string[]): string[] {
  const forms = values.flatMap((value) => [value, ...base64Forms(value), encodeURIComponent(value)]);
  return files.filter((file) => {
    const text = readFileSync(file, "latin1");
    return forms.some((form) => text.includes(form));
  });
}

/** What is always the same of a text in base64, whatever stands before and behind it: one form for each offset. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${" ".repeat(offset)}${value}`).toString("base64");
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + value.length) * 8) / 6));
  });
}
