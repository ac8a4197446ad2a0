/** The ways in which package.json's `repository` may name one of GitHub: https://docs.npmjs.com/cli/configuring-npm/package-json#repository */
const GITHUB =
  /^(?:github:|(?:git\+)?(?:https?|ssh|git):\/\/(?:[^@/]+@)?(?:www\.)?github\.com\/|[^@/]+@github\.com:)?([\w-]+)\/([\w.-]+?)(?:\.git)?\/?(?:#.*)?$/;

/**
 * Used before anything is installed, so without a library.
 *
 * @param {unknown} given `repository` of package.json: a text in any of its forms, or an object with one as `url`
 * @returns {{ owner: string, name: string } | undefined} `undefined` if none is given
 * @throws Error for one that is not on GitHub, where releases are
 */
function repositoryOf(given) {
  const url = typeof given === "object" && given !== null ? given.url : given;
  if (url === undefined || url === null || url === "") return undefined;
  const [, owner, name] = GITHUB.exec(String(url)) ?? [];
  if (!owner || !name) throw new Error(`\`repository\` in package.json is no address of a GitHub repository: ${url}`);
  return { owner, name };
}

module.exports = { repositoryOf };
