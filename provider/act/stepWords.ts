import type { Step } from "../decide/plan";

/** What a step is for, after `Can't`. */
export function inWords(step: Step): string {
  switch (step.do) {
    case "delete":
    case "discard":
    case "makeRoom":
      return `delete the access key ${step.accessKeyId}`;
    case "mayDeactivate":
      return "deactivate access keys";
    case "deactivate":
      return `deactivate the access key ${step.accessKeyId}`;
    case "tryAdopted":
      return `adopt the access key ${step.keys.map((key) => key.accessKeyId).join(" and ")}`;
    case "create":
      return "make a new access key";
    case "open":
    case "close":
    case "settle":
      return "write the journal, a tag on the user, for the access keys";
    case "tryCurrent":
      return "try the current access key";
    case "signByCurrent":
      return "sign by the current access key";
    default:
      return "finish the change of the access keys";
  }
}
