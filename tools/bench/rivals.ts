import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
} from "@aws-sdk/client-iam";

/** What others send for one user, call by call: replayed here, since their servers are not at hand. */
export class Rival {
  readonly #iam: IAMClient;
  readonly #UserName: string;
  /** The keys they know of, oldest first. */
  #known: string[] = [];

  constructor(endpoint: string, userName: string) {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    this.#iam = new IAMClient({ endpoint, region: "us-east-1", credentials });
    this.#UserName = userName;
  }

  /** As `aws iam create-access-key`. */
  async create(): Promise<void> {
    const { AccessKey } = await this.#iam.send(new CreateAccessKeyCommand({ UserName: this.#UserName }));
    this.#known.push(AccessKey?.AccessKeyId ?? "");
  }

  async #delete(AccessKeyId = this.#known[0]): Promise<void> {
    await this.#iam.send(new DeleteAccessKeyCommand({ UserName: this.#UserName, AccessKeyId }));
    this.#known = this.#known.filter((id) => id !== AccessKeyId);
  }

  async #list(): Promise<string[]> {
    const { AccessKeyMetadata = [] } = await this.#iam.send(new ListAccessKeysCommand({ UserName: this.#UserName }));
    return AccessKeyMetadata.sort((a, b) => Number(a.CreateDate) - Number(b.CreateDate)).map(
      ({ AccessKeyId = "" }) => AccessKeyId,
    );
  }

  /** By hand, both slots taken: look which key is the older one, delete it, make another. */
  async rotateByHand(): Promise<void> {
    const [oldest] = await this.#list();
    await this.#delete(oldest);
    await this.create();
  }

  /** The least that makes a key and gets rid of one. */
  async rotateAtLeast(): Promise<void> {
    await this.#delete();
    await this.create();
  }

  /** The least that gets rid of all. */
  async destroyAtLeast(): Promise<void> {
    for (const id of [...this.#known]) await this.#delete(id);
  }

  /** A static role of Vault, by its source (builtin/logical/aws/rotation.go): look for the user, list, delete the oldest of two. */
  async rotateAsVault(): Promise<void> {
    await this.#iam.send(new GetUserCommand({ UserName: this.#UserName }));
    const keys = await this.#list();
    if (keys.length >= 2) await this.#delete(keys[0]);
    await this.create();
  }

  /** The first credentials of a new static role: the role is checked, then rotated. */
  async createAsVault(): Promise<void> {
    await this.#iam.send(new GetUserCommand({ UserName: this.#UserName }));
    await this.rotateAsVault();
  }
}
