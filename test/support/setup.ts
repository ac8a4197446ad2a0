// The SDK's advice on Node versions is noise in a test's output; provider/iam.ts turns it off for users too.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
