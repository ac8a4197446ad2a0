import assert from "node:assert/strict";
import { keepOutput, secretsPrinted } from "./secrets";

// The SDK's advice on Node versions is noise in a test's output; provider/iam.ts turns it off for users too.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

keepOutput();

export const mochaHooks = {
  /** After all files: what the tests themselves print may well end in a public log. */
  afterAll() {
    assert.deepEqual(secretsPrinted(), [], "no secret in what the tests printed");
  },
};
