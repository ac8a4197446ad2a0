import assert from "node:assert/strict";
import { Account } from "../aws/account";
import { type Endpoint, startEndpoint } from "../aws/endpoint";
import { type FaultProxy, startProxy } from "../aws/proxy";
import { ensureBuilt } from "../dist";
import { secretsIn } from "../secrets";
import type { Run } from "./cli";
import { Stack, type StackOptions } from "./stack";

/** An emulator of AWS, a proxy before it, and stacks that talk to that, from the first test of a `describe` to its last. */
export class Stand {
  endpoint!: Endpoint;
  proxy!: FaultProxy;
  readonly stacks: Stack[] = [];

  async start(): Promise<void> {
    ensureBuilt();
    this.endpoint = await startEndpoint();
    this.proxy = await startProxy(this.endpoint.url);
  }

  /** A stack with little patience, which the proxy can disturb. */
  async stack(program: string, { env, ...options }: Partial<StackOptions> = {}): Promise<Stack> {
    const settings = { AWS_REGION: "us-east-1", TRIGGER: "1", ...env };
    const stack = await Stack.create({ program, endpointUrl: this.proxy.url, hasty: true, ...options, env: settings });
    this.stacks.push(stack);
    return stack;
  }

  /** Somebody who works on a user by hand. @param url the proxy's, if what is done is to be noticed there */
  account(name: string, url = this.endpoint.url): Account {
    return new Account(url, name);
  }

  /** The names of the calls that AWS got since this was asked last. */
  calls(): string[] {
    const names = this.proxy.calls.map(({ action }) => action);
    this.proxy.clear();
    return names;
  }

  /** No secret in plain text: in nothing that was printed, in no state, in no backup of one. */
  leaksNothing(): void {
    for (const stack of this.stacks)
      for (const [where, text] of stack.everything()) assert.deepEqual(secretsIn(text), [], where);
  }

  async stop(): Promise<void> {
    for (const stack of this.stacks) stack.remove();
    await this.proxy?.stop();
    await this.endpoint?.stop();
  }
}

/** Starts it before the tests of a `describe`, and stops it after them: whatever they did, their stacks have leaked no secret. */
export function stand<S extends Stand = Stand>(at: S = new Stand() as S): S {
  before(() => at.start());
  after(async () => {
    try {
      at.leaksNothing();
    } finally {
      await at.stop();
    }
  });
  return at;
}

/** That a run fails, and what it says: @returns all that it printed. */
export async function fails(run: Promise<Run>, ...says: RegExp[]): Promise<string> {
  const { code, text } = await run;
  assert.notEqual(code, 0, text);
  for (const each of says) assert.match(text, each);
  return text;
}

export const isGone = (account: Account) => assert.rejects(account.user(), /cannot be found|NoSuchEntity/);
