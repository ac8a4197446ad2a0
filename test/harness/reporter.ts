import { type MochaOptions, type Runner, reporters } from "mocha";

/** Mocha's own report, and then one line that a person and a script can read alike: `12 passed, 0 failed`. */
class ClosingLine extends reporters.Spec {
  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
  }

  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    reporters.Base.consoleLog(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
  }
}

// Mocha takes a module that is the class itself.
module.exports = ClosingLine;
