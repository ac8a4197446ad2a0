import * as pulumi from "@pulumi/pulumi";
import { type AccessKeyPair, type KnownKey, RotatedAccessKey } from "pulumi-aws-iam-rotator";

// The keys come from the stack's configuration, and never from the program's text. Only the secret is a secret: of an id that
// is one, Pulumi would show nothing, not even in previews. It asks for the secret if the command does not have it, so that it
// is in no shell's history:
//
//   pulumi config set --path current.accessKeyId AKIA…
//   pulumi config set --path --secret current.secretAccessKey
//
// and the same for `previous`, if the user has a second key; where nobody knows its secret any more, its id is enough.
const config = new pulumi.Config();
const previous = config.getSecretObject<KnownKey>("previous");

const key = new RotatedAccessKey("legacy", {
  userArn: config.require("userArn"),
  // The first `up` tries the keys, makes none and deletes none: those who use them notice nothing. Later the settings
  // may stay or go: a key that was rotated away is not adopted a second time.
  state: {
    current: config.requireSecretObject<AccessKeyPair>("current"),
    ...(previous && { previous }),
  },
  // The adopted key becomes `previous` with the first change of this, and is deleted with the second.
  ...(config.get("rotation") && { rotationTrigger: config.require("rotation") }),
});

export const currentAccessKeyId = key.currentAccessKeyId;
export const previousAccessKeyId = key.previousAccessKeyId.apply((id) => id ?? "none");
/** Secret. */
export const current = key.current;
