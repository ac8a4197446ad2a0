import { AccessKey } from "@pulumi/aws/iam/accessKey";
import { User } from "@pulumi/aws/iam/user";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "pulumi-aws-iam-rotator";

// The key of an aws.iam.AccessKey is handed over, and works until it is phased out like any other. A step is one edit of
// your program and one `pulumi up`. In this one `pulumi config set step 1`, then 2, 3 and 4, makes the edit.
const step = new pulumi.Config().getNumber("step") ?? 0;

// The rotation keeps its journal in a tag of the user. It must not look like drift: `aws:ignoreTags` in Pulumi.yaml.
const user = new User("deploy", { path: "/ci/" });

// Step 1: the old resource promises to leave its key in AWS, and the key is adopted; nothing happens to it. Whoever reads
// this stack may now use the outputs of RotatedAccessKey.
// Step 2: the old resource is taken out. Its preview has to say `delete[retain]`. To do so without step 1 deletes the key in
// use: the promise counts only once it is in the state.
const old = step < 2 ? new AccessKey("deploy", { user: user.name }, { retainOnDelete: step === 1 }) : undefined;

const key =
  step > 0
    ? new RotatedAccessKey("deploy", {
        userArn: user.arn,
        // A key that was imported, or made with pgpKey, has no secret here. Give its id as `previous` instead of `current`:
        // a new key is made at once, and this one is phased out.
        ...(old && { state: { current: { accessKeyId: old.id, secretAccessKey: old.secret } } }),
        // Steps 3 and 4: it becomes `previous`, and is deleted. `rotateEvery` does the same in its own time; not before
        // step 3, so that never more than one thing happens at a time.
        ...(step > 2 && { rotationTrigger: step }),
      })
    : undefined;

// The same names as before: those who read them notice nothing but a new key after step 3.
export const accessKeyId = key ? key.currentAccessKeyId : old?.id;
/** Secret. */
export const secretAccessKey = key ? key.current.secretAccessKey : old?.secret;
