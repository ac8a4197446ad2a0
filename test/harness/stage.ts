import assert from "node:assert/strict";
import { PATIENCE } from "../../provider/act/dependencies";
import type { Engine } from "../../provider/act/engine";
import type { CredentialSource } from "../../provider/aws/credentials";
import { PartialFailure } from "../../provider/dynamic/partialFailure";
import { ProviderAsStored } from "./aws/asStored";
import { FakeClock, MemoryIam } from "./aws/memoryIam";

/** The id of the current key in these outputs. */
export const id = (outs: Props): string => String(outs.currentAccessKeyId);

export type Props = Record<string, unknown>;
export const userArn = "arn:aws:iam::123456789012:user/ci/deployer";

/** A provider with a user in memory, and a clock that only tests move. */
export class Stage {
  clock = new FakeClock();
  iam = new MemoryIam(this.clock, userArn);
  said: string[] = [];
  /** URNs of the resources that it was said of, line by line. */
  places: (string | undefined)[] = [];
  sources: CredentialSource[] = [];
  /** Name of the user that was last connected with. */
  connected = "";
  operations = 0;
  engine: Engine = { newId: () => `op${++this.operations}`, isGone: async () => false, leave: () => {} };
  provider = this.newProcess();

  newProcess(): ProviderAsStored {
    return new ProviderAsStored({
      connect: ({ userName }, _region, { credentials }) => {
        this.connected = userName;
        this.sources.push(credentials);
        const { login } = credentials;
        if (login && this.iam.ids().includes(login.accessKeyId)) this.iam.signerId = login.accessKeyId;
        return this.iam;
      },
      clock: this.clock,
      patience: PATIENCE,
      engine: this.engine,
      env: {},
      say: (line, _severity, urn) => {
        this.said.push(line);
        this.places.push(urn);
      },
    });
  }

  /** The process that works for this stack dies at such a call; the next one is another. */
  async killedAfter(call: string, run: () => Promise<unknown>, nth = 1): Promise<void> {
    let seen = 0;
    this.iam.fault = (made) => (made.startsWith(call) && ++seen === nth ? "killAfter" : undefined);
    await new Promise<void>((resolve) => {
      this.iam.onKill = resolve;
      void run();
    });
    this.iam.fault = () => undefined;
    this.provider = this.newProcess();
  }

  /** What the engine does in an `up`: diff, then update with the old outputs. Answers the outputs that are saved. */
  async up(olds: Props, news: Props): Promise<Props> {
    const { changes } = await this.provider.diff("id", olds, news);
    return changes ? ((await this.provider.update("id", olds, news)).outs as Props) : olds;
  }
  async create(inputs: Props = { userArn }): Promise<Props> {
    return (await this.provider.create(inputs)).outs as Props;
  }
  /** Two keys, by a creation and a rotation for the trigger of these inputs: what each left. */
  async rotated(inputs: Props): Promise<[first: Props, second: Props]> {
    const first = await this.create({ ...inputs, rotationTrigger: "first" });
    return [first, await this.up(first, inputs)];
  }
  async read(olds: Props): Promise<Props> {
    return (await this.provider.read("id", olds)).props as Props;
  }
  /** Nothing was asked or said since. */
  forget(): void {
    [this.iam.calls, this.said, this.places] = [[], [], []];
  }
  /** The properties that a partial failure has the engine save. */
  async halfDone(run: Promise<unknown>): Promise<Props> {
    return (await this.partialFailure(run)).properties;
  }
  async partialFailure(run: Promise<unknown>): Promise<PartialFailure> {
    const failure: unknown = await run.then(
      () => undefined,
      (error) => error,
    );
    assert.ok(failure instanceof PartialFailure, `expected a partial failure, got ${failure}`);
    return failure;
  }
}
