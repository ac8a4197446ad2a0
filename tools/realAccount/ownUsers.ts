import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import {
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  type IAMClient,
  ListAccessKeysCommand,
  paginateListUsers,
} from "@aws-sdk/client-iam";
import type { IamError } from "../../provider/model/errors";
import { MAX_KEYS, MAX_MINUTES, PATH } from "./consent";

export const POLICY_NAME = "rotation";
const NAME = /^rotator-test-[0-9a-f]{12}-(rotated|runner)$/;
/** A user made a moment ago may be unknown for some seconds, and is there all the same. */
const UNKNOWN_FOR_MS = 20_000;

interface OwnUser {
  /** That AWS gave it, one for each time it was made. A user of its name and another id is somebody else's. */
  ids: Set<string>;
  /** When AWS was last asked to make it, in milliseconds; 0 if it never was, or if AWS has said no. */
  since: number;
}

/** The users that a run made, the only ones that it touches, and their removal. */
export class OwnUsers {
  readonly #users = new Map<string, OwnUser>();
  readonly #run = `rotator-test-${randomBytes(6).toString("hex")}`;
  #keys = 0;

  constructor(readonly path = PATH) {}

  /** The name for one of the run's users. It is claimed before anything is made, since a reply can get lost. */
  claim(role: "rotated" | "runner" | "nobody"): string {
    const name = `${this.#run}-${role}`;
    if (!this.#users.has(name)) this.#users.set(name, { ids: new Set(), since: 0 });
    return name;
  }

  /** Keeps a client from touching any other user, and from making more keys than was promised. */
  guard(client: IAMClient): IAMClient {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const { UserName, Path } = args.input as { UserName?: string; Path?: string };
        const { commandName = "" } = context;
        const onNoUser = /^(ListUsers|GetAccessKeyLastUsed)Command$/.test(commandName);
        const isForeign = UserName === undefined ? !onNoUser : !this.#users.has(UserName);
        if (isForeign || (commandName === "CreateUserCommand" && Path !== this.path)) {
          throw new Error(`${commandName} on ${UserName}, which is no user of this run`);
        }
        return commandName === "CreateAccessKeyCommand" ? this.countKey(() => next(args)) : next(args);
      },
      { step: "initialize", name: "ownUsersOnly" },
    );
    return client;
  }

  /** Makes a key, if that is not one too many. What AWS has clearly refused does not count. */
  async countKey<T>(make: () => Promise<T>): Promise<T> {
    if (this.#keys >= MAX_KEYS) throw new Error(`This run has made ${MAX_KEYS} access keys, and must not make more`);
    this.#keys++;
    try {
      return await make();
    } catch (error) {
      if (isRefusal(error)) this.#keys--;
      throw error;
    }
  }

  async make(
    iam: IAMClient,
    role: "rotated" | "runner",
    abortSignal: AbortSignal,
  ): Promise<{ arn: string; id: string }> {
    const UserName = this.claim(role);
    const user = this.#users.get(UserName) ?? { ids: new Set(), since: 0 };
    user.since = Date.now();
    try {
      const { User } = await iam.send(new CreateUserCommand({ UserName, Path: this.path }), { abortSignal });
      const [arn, id] = [User?.Arn ?? "", User?.UserId ?? ""];
      user.ids.add(id);
      return { arn, id };
    } catch (error) {
      // One that is there already is ours, by an earlier attempt whose reply got lost: nobody else knows the name.
      if (isRefusal(error) && (error as Error).name !== "EntityAlreadyExistsException") user.since = 0;
      throw error;
    }
  }

  /** Takes over what earlier runs left: users below the path, named as these runs name them, older than a run lasts. */
  async adoptLeftovers(iam: IAMClient, olderThanMs = MAX_MINUTES * 60_000): Promise<string[]> {
    const names: string[] = [];
    for await (const { Users = [] } of paginateListUsers({ client: iam }, { PathPrefix: this.path })) {
      for (const { UserName = "", UserId = "", Path, CreateDate } of Users) {
        const age = Date.now() - (CreateDate?.getTime() ?? Date.now());
        if (Path !== this.path || !NAME.test(UserName) || age < olderThanMs) continue;
        this.#users.set(UserName, { ids: new Set([UserId]), since: 0 });
        names.push(UserName);
      }
    }
    return names;
  }

  /** Deletes the users with all that hangs on them, however often it takes. @returns those that are left, and why */
  async removeAll(iam: IAMClient, limitMs = 120_000): Promise<string[]> {
    const until = Date.now() + limitMs;
    const ends = await Promise.all([...this.#users].map(([name, user]) => this.#remove(iam, name, user, until)));
    return ends.filter((left) => left !== undefined);
  }

  async #remove(iam: IAMClient, name: string, user: OwnUser, until: number) {
    if (user.since === 0 && user.ids.size === 0) return undefined;
    for (;;) {
      try {
        return (await this.#removeOnce(iam, name, user.ids)) ? undefined : `${name} (it is somebody else's now)`;
      } catch (error) {
        const { name: code } = error as Error;
        if (code === "NoSuchEntityException" && Date.now() - user.since > UNKNOWN_FOR_MS) return undefined;
        if (Date.now() > until) return `${name} (${code})`;
        await wait(1_000);
      }
    }
  }

  /** @returns whether the user is ours, and so removed */
  async #removeOnce(iam: IAMClient, UserName: string, ids: Set<string>): Promise<boolean> {
    const { User } = await iam.send(new GetUserCommand({ UserName }));
    if (User?.Path !== this.path || (ids.size > 0 && !ids.has(User.UserId ?? ""))) return false;
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
    for (const { AccessKeyId } of AccessKeyMetadata) {
      await unlessGone(iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })));
    }
    await unlessGone(iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: POLICY_NAME })));
    // With a key that a late list has left out this fails, and the next attempt finds it. The tags go with the user.
    await iam.send(new DeleteUserCommand({ UserName }));
    return true;
  }
}

/** Whether AWS has answered, and done nothing. */
function isRefusal(error: unknown): boolean {
  // By its name: the built provider has a class of its own.
  if ((error as Error).name === "IamError") return (error as IamError).kind !== "doubtful";
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return httpStatusCode >= 400 && httpStatusCode < 500;
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: Error) => {
    if (error.name !== "NoSuchEntityException") throw error;
  });
}
