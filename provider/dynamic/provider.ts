import type * as pulumi from "@pulumi/pulumi";
import { systemClock } from "../act/clock";
import { PATIENCE, type Ports } from "../act/dependencies";
import { readDrift } from "../act/drift";
import { thisProcess } from "../act/engine";
import { observe } from "../act/observe";
import { HalfDone, retire, rotate } from "../act/rotate";
import { AT_ONCE, Turns } from "../act/turns";
import { checkInputs, type Inputs } from "../decide/inputs";
import { wishFor } from "../decide/intent";
import { previewUpdate } from "../lifecycle/preview";
import { checkAccess, openSession, type StackConfig, type World, withFallback } from "../lifecycle/session";
import {
  halfDone,
  ownersOf,
  pickInputs,
  sameAwsProvider,
  sameLogin,
  toDrift,
  toManagedKeys,
  toOutputs,
  toServed,
} from "../lifecycle/state";
import { explain, RotationError } from "../model/errors";
import { isAnotherUser } from "../model/userArn";
import { PartialFailure } from "./partialFailure";

type Props = Record<string, unknown>;

/** The dynamic provider behind RotatedAccessKey: its methods stand in the order of a resource's life. */
export class AccessKeyProvider implements pulumi.dynamic.ResourceProvider {
  #config: StackConfig | undefined;
  readonly #world: World;
  readonly #turns = new Turns(AT_ONCE);

  constructor(world: World) {
    this.#world = world;
  }

  // It races with the first calls, so it only remembers.
  async configure(request: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.#config = request.config;
  }

  async check(_olds: Props, news: Props): Promise<pulumi.dynamic.CheckResult> {
    const { inputs, failures } = checkInputs(news);
    return { inputs, failures: [...failures, ...checkAccess(inputs, this.#config)] };
  }

  /** Asks AWS nothing; refresh calls it as well as preview. */
  async diff(_id: string, olds: Props, news: Props): Promise<pulumi.dynamic.DiffResult> {
    const [before, after] = [pickInputs(olds), pickInputs(news)];
    if (isAnotherUser(before.userArn, after.userArn)) return { changes: true, replaces: ["userArn"] };
    const recorded = toManagedKeys(olds);
    const now = this.#world.clock.now();
    const served = toServed(olds);
    const update = previewUpdate(
      recorded,
      toDrift(olds),
      wishFor({ olds: before, served, news: after }, recorded, now),
      now,
    );
    if (update && "refusal" in update) {
      const asked = `Can't rotate the access keys of ${before.userArn}`;
      throw quiet(asked, new RotationError({ asked, ...update.refusal }));
    }
    if (update) this.#world.say(`${before.userArn}: ${update.line}`);
    const moved = before.userArn !== after.userArn || before.region !== after.region;
    const sameSigner = sameLogin(before.login, after.login) && sameAwsProvider(before.awsProvider, after.awsProvider);
    // A failed run's notes are settled by the next update.
    return { changes: update !== undefined || served !== undefined || moved || !sameSigner };
  }

  async create(props: Props): Promise<pulumi.dynamic.CreateResult> {
    const inputs = pickInputs(props);
    const { userArn: id, state } = inputs;
    const request = {
      userArn: id,
      owners: ownersOf(inputs),
      wish: state ? { adopt: state } : {},
      patience: this.#world.patience.newUser,
    };
    const keys = await this.#attempt(`Can't make access keys for ${id}`, inputs, (ports) =>
      rotate(request, ports).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        throw new PartialFailure(id, toOutputs(inputs, error.keys), props.__provider, error);
      }),
    );
    return { id, outs: toOutputs(inputs, keys) };
  }

  async read(id: string, props: Props): Promise<pulumi.dynamic.ReadResult> {
    const inputs = pickInputs(props);
    const recorded = toManagedKeys(props);
    const { userArn } = inputs;
    const { keys, drift } = await this.#attemptRecorded(`Can't read the access keys of ${userArn}`, inputs, (ports) =>
      readDrift(userArn, recorded, ports),
    );
    return { id, props: toOutputs(inputs, keys, { drift, served: toServed(props) }) };
  }

  async update(id: string, olds: Props, news: Props): Promise<pulumi.dynamic.UpdateResult> {
    const [before, inputs] = [pickInputs(olds), pickInputs(news)];
    const { userArn } = inputs;
    const recorded = toManagedKeys(olds);
    const wish = wishFor({ olds: before, served: toServed(olds), news: inputs }, recorded, this.#world.clock.now());
    const request = { userArn, owners: ownersOf(inputs, before), recorded, wish };
    const keys = await this.#attempt(`Can't rotate the access keys of ${userArn}`, inputs, (ports) =>
      rotate(request, ports).catch((error) => {
        if (!(error instanceof HalfDone)) throw error;
        throw new PartialFailure(id, halfDone(olds, inputs, error.keys, error.made), news.__provider, error);
      }),
    );
    return { outs: toOutputs(inputs, keys) };
  }

  async delete(_id: string, props: Props): Promise<void> {
    const inputs = pickInputs(props);
    const recorded = toManagedKeys(props);
    const { userArn } = inputs;
    await this.#attemptRecorded(`Can't delete the access keys of ${userArn}`, inputs, async (ports) => {
      const found = await observe(ports.iam, userArn, ports.clock);
      // The user is gone, and its keys with it; a later user of the same name is none of ours.
      if (found?.userId !== recorded.userId) return;
      await retire(found, { userArn, owners: ownersOf(inputs), recorded, wish: {} }, ports);
    });
  }

  /** With the credentials of today's program. */
  async #attempt<T>(asked: string, inputs: Inputs, work: (ports: Ports) => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(() => work(openSession(this.#world, this.#config, inputs)));
    } catch (error) {
      throw explain(asked, inputs.userArn, error);
    }
  }

  /** With recorded credentials, which may be out of date. */
  async #attemptRecorded<T>(asked: string, inputs: Inputs, work: (ports: Ports) => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(() => withFallback(this.#world, this.#config, inputs, work));
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
  connect: (...args) => (require("../aws/iam") as typeof import("../aws/iam")).connect(...args),
  clock: systemClock,
  patience: PATIENCE,
  runner: thisProcess(process.argv[2]),
  env: process.env,
  // The engine shows a dynamic provider's stderr to the user, in preview as in `up`.
  say: (line) => console.error(line),
});
