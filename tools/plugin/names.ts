const { repositoryOf } = require("../repository.cjs") as {
  repositoryOf(given: unknown): { owner: string; name: string } | undefined;
};

/** What package.json says of a release. */
export interface Package {
  version: string;
  /** In any form that npm takes. */
  repository?: unknown;
  homepage?: string;
}

/** The plugin, in programs and in state files. */
export const NAME = "aws-iam-rotator";

/** What the schema has for Pulumi's Registry. */
type RegistryField = "publisher" | "repository" | "homepage" | "logoUrl" | "pluginDownloadURL";

/**
 * The names that follow from where the repository is, and are given away by its host: whoever owns it needs no domain. They are
 * in programs, and never change after the first release. Without a repository they are placeholders.
 */
export function publishedAs({ repository, homepage }: Package) {
  const found = repositoryOf(repository);
  if (!found) {
    const goPath = "example.com/pulumi-aws-iam-rotator/sdk/go/awsiamrotator";
    const registry: Partial<Record<RegistryField, string>> = {};
    return { registry, goPath, csharpNamespace: "Example", javaPackage: "com.example", mavenGroup: "com.example" };
  }
  const { owner, name } = found;
  const words = owner.split("-").filter(Boolean);
  const identifier = (text: string) => text.replace(/^(?=\d)/, "_");
  return {
    registry: {
      publisher: owner,
      repository: `https://github.com/${owner}/${name}`,
      homepage: homepage ?? `https://github.com/${owner}/${name}`,
      // A PNG, since NuGet takes no SVG.
      logoUrl: `https://raw.githubusercontent.com/${owner}/${name}/HEAD/docs/pictures/logo.png`,
      // From the releases of a GitHub repository Pulumi downloads a plugin by itself.
      pluginDownloadURL: `github://api.github.com/${owner}/${name}`,
    },
    goPath: `github.com/${owner}/${name}/sdk/go/awsiamrotator`,
    csharpNamespace: identifier(words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("")),
    javaPackage: `io.github.${identifier(words.join("_").toLowerCase())}`,
    // Maven Central gives `io.github.OWNER` to the owner of that account; a package of Java can't have its hyphens.
    mavenGroup: `io.github.${owner.toLowerCase()}`,
  };
}
