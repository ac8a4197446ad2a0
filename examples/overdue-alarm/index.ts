import { Rule } from "@pulumi/aws/cfg/rule";

// It sees from outside that a rotation has stopped, whatever the reason: AWS itself looks at the age of each active key of each
// user, once a day. Give it more days than `rotateEvery` and `gracePeriod` together, and a week to notice. The account needs a
// recorder of AWS Config.
const rule = new Rule("access-keys-rotated", {
  source: { owner: "AWS", sourceIdentifier: "ACCESS_KEYS_ROTATED" },
  inputParameters: JSON.stringify({ maxAccessKeyAge: "104" }),
});

/** Put an alarm on its compliance: an EventBridge rule for `Config Rules Compliance Change`, say. */
export const ruleName = rule.name;
