import type * as pulumi from "@pulumi/pulumi";
import { deleteKey, PATIENCE, type Ports } from "./applyPlan";
import { systemClock } from "./clock";
import type { StackConfig } from "./credentials";
import { findDrift } from "./drift";
import { explain, RotationError } from "./errors";
import { checkInputs, type Inputs, sameValue } from "./inputs";
import { managedIds } from "./managedKeys";
import { observe, observeUser } from "./observe";
import { PartialFailure } from "./partialFailure";
import { previewLine } from "./preview";
import { HalfDone, rotate } from "./rotate";
import { openSession, type World, withFallback } from "./session";
import { inputsDone, pickInputs, sameLogin, toDrift, toManagedKeys, toOutputs } from "./state";
import { wishFor } from "./wish";

type Props = Record<string, unknown>;

/** The dynamic provider behind RotatedAccessKey: its methods stand in the order of a resource's life. */
export class AccessKeyProvider implements pulumi.dynamic.ResourceProvider {
  #config: StackConfig | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  // It races with the first calls, so it only remembers.
  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#config = request.config;
  }

  async check(_olds: Props, news: Props): Promise<pulumi.dynamic.CheckResult> {
    return checkInputs(news);
  }

  /** Asks AWS nothing; refresh calls it as well as preview. */
  async diff(_id: string, olds: Props, news: Props): Promise<pulumi.dynamic.DiffResult> {
    const [before, after] = [pickInputs(olds), pickInputs(news)];
    if (!sameValue(before.userArn, after.userArn)) return { changes: true, replaces: ["userArn"] };
    const recorded = toManagedKeys(olds);
    const line = previewLine(recorded, toDrift(olds), wishFor(before, after, recorded), before.userArn);
    if (line) this.#world.say(line);
    return { changes: line !== undefined || before.region !== after.region || !sameLogin(before.login, after.login) };
  }

  async create(props: Props): Promise<pulumi.dynamic.CreateResult> {
    const inputs = pickInputs(props);
    const { userArn: id, state } = inputs;
    const keys = await this.#attempt(`Can't make access keys for ${id}`, inputs, async (ports) => {
      const found = await observeUser(ports.iam, id, ports.clock, PATIENCE.newUser);
      return rotate(id, undefined, found, state ? { adopt: state } : {}, ports).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        throw new PartialFailure(id, toOutputs(inputs, error.keys), props.__provider, error);
      });
    });
    return { id, outs: toOutputs(inputs, keys) };
  }

  async read(id: string, props: Props): Promise<pulumi.dynamic.ReadResult> {
    const inputs = pickInputs(props);
    const found = await this.#attemptRecorded(`Can't read the access keys of ${inputs.userArn}`, inputs, (ports) =>
      observe(ports.iam, inputs.userArn, ports.clock),
    );
    const { keys, drift } = findDrift(toManagedKeys(props), found);
    return { id, props: toOutputs(inputs, keys, drift) };
  }

  async update(id: string, olds: Props, news: Props): Promise<pulumi.dynamic.UpdateResult> {
    const [before, inputs] = [pickInputs(olds), pickInputs(news)];
    const { userArn } = inputs;
    const keys = await this.#attempt(`Can't rotate the access keys of ${userArn}`, inputs, async (ports) => {
      const found = await observeUser(ports.iam, userArn, ports.clock);
      const recorded = toManagedKeys(olds);
      return rotate(userArn, recorded, found, wishFor(before, inputs, recorded), ports).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        const done = inputsDone(before, inputs, error.rotated);
        throw new PartialFailure(id, toOutputs(done, error.keys), news.__provider, error);
      });
    });
    return { outs: toOutputs(inputs, keys) };
  }

  async delete(_id: string, props: Props): Promise<void> {
    const inputs = pickInputs(props);
    const recorded = toManagedKeys(props);
    await this.#attemptRecorded(`Can't delete the access keys of ${inputs.userArn}`, inputs, async ({ iam, clock }) => {
      const found = await observe(iam, inputs.userArn, clock);
      if (found?.userId !== recorded.userId) return;
      const there = found.keys.map((key) => key.accessKeyId);
      for (const key of managedIds(recorded).filter((key) => there.includes(key))) await deleteKey(key, iam);
    });
  }

  /** With the credentials of today's program. */
  async #attempt<T>(asked: string, inputs: Inputs, work: (ports: Ports) => Promise<T>): Promise<T> {
    try {
      return await work(openSession(this.#world, this.#config, inputs));
    } catch (error) {
      throw explain(asked, inputs.userArn, error);
    }
  }

  /** With recorded credentials, which may be out of date. */
  async #attemptRecorded<T>(asked: string, inputs: Inputs, work: (ports: Ports) => Promise<T>): Promise<T> {
    try {
      return await withFallback(this.#world, this.#config, inputs, work);
    } catch (error) {
      throw quiet(asked, explain(asked, inputs.userArn, error));
    }
  }
}

/** The dynamic-provider host prints text and stack of what read and delete throw, beside the engine's own message. */
function quiet(asked: string, error: Error): Error {
  if (!(error instanceof RotationError)) return error;
  error.toString = () => asked;
  error.stack = "see the error message.";
  return error;
}

/** Named in every state file, by the constant text of RotatedAccessKey: this export stays for ever. */
export const provider = new AccessKeyProvider({
  // The AWS SDK is loaded with the first call to AWS, so that a preview does not pay for it.
  connect: (...args) => (require("./iam") as typeof import("./iam")).connect(...args),
  clock: systemClock,
  env: process.env,
  // The engine shows a dynamic provider's stderr to the user, in preview as in `up`.
  say: (line) => console.error(line),
});
