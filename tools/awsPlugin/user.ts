import * as iam from "@aws-sdk/client-iam";
import type { UserProperties } from "./properties";
import { unlessGone } from "./standIn";

type Outputs = Record<string, unknown>;

/** The calls to IAM that an `aws:iam/user:User` comes down to. */
export class IamUsers {
  constructor(private readonly client: iam.IAMClient) {}

  async create({ name, path, permissionsBoundary, tags }: UserProperties): Promise<void> {
    await this.client.send(
      new iam.CreateUserCommand({
        UserName: name,
        Path: path,
        ...(permissionsBoundary && { PermissionsBoundary: permissionsBoundary }),
        ...(tags && { Tags: tagList(tags) }),
      }),
    );
  }

  /** What AWS knows of it, or undefined if it knows no such user. */
  async read(name: string): Promise<Outputs | undefined> {
    const reply = await unlessGone(this.client.send(new iam.GetUserCommand({ UserName: name })));
    const user = reply?.User;
    if (!user) return undefined;
    const tags = Object.fromEntries((user.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    const boundary = user.PermissionsBoundary?.PermissionsBoundaryArn;
    return {
      id: user.UserName,
      name: user.UserName,
      arn: user.Arn,
      path: user.Path,
      uniqueId: user.UserId,
      tags,
      tagsAll: tags,
      ...(boundary && { permissionsBoundary: boundary }),
    };
  }

  async update(before: UserProperties, after: UserProperties): Promise<void> {
    const moves = before.name !== after.name || before.path !== after.path;
    if (moves) {
      const names = { UserName: before.name, NewUserName: after.name, NewPath: after.path };
      await this.client.send(new iam.UpdateUserCommand(names));
    }
    const UserName = after.name;
    if (before.permissionsBoundary !== after.permissionsBoundary) {
      await this.setBoundary(UserName, after.permissionsBoundary);
    }
    const tags = after.tags ?? {};
    const gone = Object.keys(before.tags ?? {}).filter((key) => !(key in tags));
    if (gone.length > 0) await this.client.send(new iam.UntagUserCommand({ UserName, TagKeys: gone }));
    // moto keeps tags by ARN: a user that moves loses them there.
    const set = Object.entries(tags).filter(([key, value]) => moves || before.tags?.[key] !== value);
    if (set.length > 0) {
      await this.client.send(new iam.TagUserCommand({ UserName, Tags: tagList(Object.fromEntries(set)) }));
    }
  }

  private async setBoundary(UserName: string, PermissionsBoundary: string | undefined): Promise<void> {
    if (PermissionsBoundary) {
      await this.client.send(new iam.PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }));
    } else {
      await this.client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName }));
    }
  }

  async delete({ name: UserName, forceDestroy }: UserProperties): Promise<void> {
    if (forceDestroy) {
      const keys = await unlessGone(this.client.send(new iam.ListAccessKeysCommand({ UserName })));
      for (const { AccessKeyId } of keys?.AccessKeyMetadata ?? []) {
        await unlessGone(this.client.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId })));
      }
    }
    await unlessGone(this.client.send(new iam.DeleteUserCommand({ UserName })));
  }
}

function tagList(tags: Record<string, string>): iam.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
