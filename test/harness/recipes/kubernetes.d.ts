// What examples/kubernetes-secret uses of `@pulumi/kubernetes`, for `npm run check`: `npm ci` does not install that package,
// whose own installation would download the CLI and a plugin. test/engine/recipesPages.test.ts gets it, and compiles
// the example with its real types.
declare module "@pulumi/kubernetes/core/v1/secret" {
  import type { CustomResource, CustomResourceOptions, Input, Output } from "@pulumi/pulumi";

  export class Secret extends CustomResource {
    readonly metadata: Output<{ name: string }>;
    constructor(
      name: string,
      args: {
        metadata: { name: Input<string>; namespace: Input<string> };
        stringData: Record<string, Input<string>>;
      },
      options?: CustomResourceOptions,
    );
  }
}

declare module "@pulumi/kubernetes/provider" {
  import { ProviderResource } from "@pulumi/pulumi";

  export class Provider extends ProviderResource {
    constructor(name: string, args?: { enableSecretMutable?: boolean });
  }
}
