import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const PROVIDER = join(__dirname, "../../provider");

/** Doc comments of a TypeScript file's interface or class, by member; `""` is that of the whole, `login.sessionToken` of a part. */
export function descriptionsIn(file: string, name: string): Map<string, string> {
  const source = ts.createSourceFile(file, readFileSync(join(PROVIDER, file), "utf8"), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement) =>
      (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name,
  );
  if (!found) throw new Error(`${file} has no ${name}`);
  const descriptions = new Map([["", textOf(found)]]);
  const visit = (node: ts.Node, path: string): void => {
    const isMember = ts.isPropertySignature(node) || ts.isPropertyDeclaration(node);
    const at = isMember && ts.isIdentifier(node.name) ? [path, node.name.text].filter(Boolean).join(".") : path;
    if (at !== path) descriptions.set(at, textOf(node));
    ts.forEachChild(node, (child) => visit(child, at));
  };
  ts.forEachChild(found, (child) => visit(child, ""));
  return descriptions;
}

/** In one line, without the examples, which are of TypeScript. */
function textOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comment?.comment) ?? "";
  return text
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .replace(/\s*\n\s*/g, " ")
    .trim();
}
