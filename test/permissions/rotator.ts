import { IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Input, Output } from "@pulumi/pulumi";
import type { AccessKeyPair } from "../../provider/model/accessKey";
import { rotationPolicy } from "../../provider/program/rotationPolicy";
import { Account } from "../harness/aws/account";
import { ROOT, startMinistack } from "../harness/aws/ministack";
import { startProxy } from "../harness/aws/proxy";
import { Stand } from "../harness/pulumi/stand";

/** A stand whose emulator evaluates policies. */
export class Enforcing extends Stand {
  url = "";
  #stop = async () => {};

  override async start(): Promise<void> {
    const { url, stop } = await startMinistack();
    [this.url, this.#stop] = [url, stop];
    this.proxy = await startProxy(url);
  }

  override account(name: string): Account {
    return new Account(this.url, name, ROOT);
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.#stop();
  }
}

/** Whoever runs the rotation: an IAM user, who may do what one policy allows. */
export interface Rotator {
  login: AccessKeyPair;
  /** Takes the place of what was allowed before. */
  allow(document: string): Promise<void>;
}

export async function newRotator(endpoint: string, UserName: string): Promise<Rotator> {
  const account = new Account(endpoint, UserName, ROOT);
  await account.createUser("/");
  const iam = new IAMClient({ endpoint, region: "us-east-1", credentials: ROOT });
  return {
    login: await account.addKey(),
    allow: async (PolicyDocument) => {
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "rotation", PolicyDocument }));
    },
  };
}

/** The document that `rotationPolicy` makes. */
export function policyFor(userArn: Input<string> | Input<string>[], options = {}): Promise<string> {
  const made: Output<string> = rotationPolicy(userArn, options);
  return (made as unknown as { promise(): Promise<string> }).promise();
}

/** Whether AWS takes a key: the ARN that it belongs to, or the error's code. */
export async function whoIs(endpoint: string, credentials: AccessKeyPair): Promise<string> {
  const sts = new STSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  try {
    return (await sts.send(new GetCallerIdentityCommand({}))).Arn ?? "";
  } catch (error) {
    return `${(error as Error).name} ${(error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode}`;
  } finally {
    sts.destroy();
  }
}
