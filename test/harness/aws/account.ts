import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateUserCommand,
  type User,
} from "@aws-sdk/client-iam";
import { JOURNAL_TAG } from "../../../provider/model/journal";
import { remember } from "../secrets";

/** Somebody with rights in the account, who works on one user by hand. */
export class Account {
  readonly #iam: IAMClient;

  constructor(
    endpoint: string,
    readonly userName: string,
    credentials = { accessKeyId: "test", secretAccessKey: "test" },
    region = "us-east-1",
  ) {
    this.#iam = new IAMClient({ endpoint, region, credentials });
  }

  /** @returns the user's ARN */
  async createUser(path = "/ci/"): Promise<string> {
    const { User } = await this.#iam.send(new CreateUserCommand({ UserName: this.userName, Path: path }));
    return User?.Arn ?? "";
  }

  async addKey(status: "Active" | "Inactive" = "Active"): Promise<{ accessKeyId: string; secretAccessKey: string }> {
    const { AccessKey } = await this.#iam.send(new CreateAccessKeyCommand({ UserName: this.userName }));
    const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey ?? {};
    remember(SecretAccessKey);
    if (status === "Inactive") await this.setStatus(AccessKeyId, "Inactive");
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
  }

  async setStatus(AccessKeyId: string, Status: "Active" | "Inactive"): Promise<void> {
    await this.#iam.send(new UpdateAccessKeyCommand({ UserName: this.userName, AccessKeyId, Status }));
  }

  async rename(NewUserName: string): Promise<void> {
    await this.#iam.send(new UpdateUserCommand({ UserName: this.userName, NewUserName }));
  }

  async move(NewPath: string): Promise<void> {
    await this.#iam.send(new UpdateUserCommand({ UserName: this.userName, NewPath }));
  }

  /** With all its keys. */
  async deleteUser(): Promise<void> {
    for (const id of await this.ids()) await this.deleteKey(id);
    await this.#iam.send(new DeleteUserCommand({ UserName: this.userName }));
  }

  async deleteKey(AccessKeyId: string): Promise<void> {
    await this.#iam.send(new DeleteAccessKeyCommand({ UserName: this.userName, AccessKeyId }));
  }

  /** Waits for ten seconds at the most until this is the user's only key: a process that nobody waits for may be deleting another. */
  async onlyHas(id: string): Promise<void> {
    for (let tries = 0; (await this.ids()).join() !== id && tries < 50; tries++) await sleep(200);
    assert.deepEqual(await this.ids(), [id]);
  }

  async ids(): Promise<string[]> {
    return (await this.keys()).map(({ id }) => id).sort();
  }

  async keys(): Promise<{ id: string; status: string }[]> {
    const { AccessKeyMetadata = [] } = await this.#iam.send(new ListAccessKeysCommand({ UserName: this.userName }));
    return AccessKeyMetadata.map((key) => ({ id: key.AccessKeyId ?? "", status: key.Status ?? "" }));
  }

  async user(): Promise<User> {
    const { User } = await this.#iam.send(new GetUserCommand({ UserName: this.userName }));
    if (!User) throw new Error(`AWS told nothing of ${this.userName}`);
    return User;
  }

  async tags(): Promise<Record<string, string>> {
    return Object.fromEntries(((await this.user()).Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
  }

  async tag(Key: string, Value: string): Promise<void> {
    await this.#iam.send(new TagUserCommand({ UserName: this.userName, Tags: [{ Key, Value }] }));
  }

  async untag(key: string): Promise<void> {
    await this.#iam.send(new UntagUserCommand({ UserName: this.userName, TagKeys: [key] }));
  }

  async journal(): Promise<string | undefined> {
    return (await this.tags())[JOURNAL_TAG];
  }

  async writeJournal(Value: string): Promise<void> {
    await this.tag(JOURNAL_TAG, Value);
  }
}
