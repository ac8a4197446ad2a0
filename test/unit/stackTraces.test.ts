import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { RotatedAccessKey } from "../../provider/program/rotatedAccessKey";
import { withoutStackTraces } from "../../provider/program/stackTraces";

const ARN = "arn:aws:iam::123456789012:user/ci/deploy";

class Plain extends pulumi.CustomResource {}

describe("stack traces while a resource is made", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;

  before(() =>
    pulumi.runtime.setMocks({ call: () => ({}), newResource: ({ inputs }) => ({ id: ARN, state: inputs }) }),
  );

  afterEach(() => {
    Error.prepareStackTrace = prepareStackTrace;
  });

  /** How many stack traces are made ready to be read, if they have any frames. */
  function countStackTraces(work: () => void): number {
    let count = 0;
    Error.prepareStackTrace = (error, frames) => {
      if (frames.length > 0) count += 1;
      return prepareStackTrace?.(error, frames) ?? String(error);
    };
    work();
    Error.prepareStackTrace = prepareStackTrace;
    return count;
  }

  it("are not taken, but for the resource's own place in the program", () => {
    const count = countStackTraces(() => new RotatedAccessKey("key", { userArn: ARN }));
    assert.ok(count >= 1, "the place in the program is asked for");
    assert.ok(count <= 3, `${count} stack traces`);
    const plain = countStackTraces(() => new Plain("a:b:C", "other", { a: 1, b: 2 }));
    assert.ok(plain >= 8, `Pulumi takes ${plain} by itself: are none left, then this can go`);
  });

  it("are taken as before afterwards, also after an error, which tells where in the program it happened", () => {
    new RotatedAccessKey("another", { userArn: ARN });
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
    const nameless = () => new RotatedAccessKey("", { userArn: ARN });
    assert.throws(nameless, { message: /name/, stack: /at nameless / });
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
  });

  it("are taken for whoever searches for promises that never end", () => {
    const resume = withoutStackTraces({ PULUMI_DEBUG_PROMISE_LEAKS: "1" });
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
    resume();
    assert.equal(Error.stackTraceLimit, stackTraceLimit);
  });
});
