import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { type Log, logToStderr } from "../commands";
import { startServer } from "./endpoint/server";

/** A place that answers as IAM and STS do. */
export interface Endpoint {
  url: string;
  /** Forgets all users and keys, and stops asking for valid credentials. */
  reset(): Promise<void>;
  /**
   * From now on, as in AWS, only keys that exist are served, with a right signature, and only for what the policies of
   * their user allow. A deleted key is refused with InvalidClientTokenId, 403, at once; so is the `test` of before.
   * Unlike AWS, moto takes an inactive key still, and matches no resource but `"*"`. Get a `newAdmin` first.
   */
  requireAuth(): Promise<void>;
  /** The access key of a new user that may do everything: the one to go on with after `requireAuth`. */
  newAdmin(): Promise<{ accessKeyId: string; secretAccessKey: string }>;
  stop(): Promise<void>;
}

/** Starts moto, an emulator of AWS, on a free local port; or uses the one that ROTATOR_TEST_ENDPOINT_URL names. */
export async function startEndpoint(log: Log = logToStderr): Promise<Endpoint> {
  const given = process.env.ROTATOR_TEST_ENDPOINT_URL?.replace(/\/+$/, "");
  const { url, stop } = given ? { url: given, stop: async () => undefined } : await startServer(log, "moto");
  return {
    url,
    stop,
    reset: async () => {
      await switchMoto(url, "reset", "");
      await switchMoto(url, "reset-auth", "inf");
    },
    requireAuth: () => switchMoto(url, "reset-auth", "0"),
    newAdmin: () => newAdmin(url),
  };
}

async function switchMoto(url: string, path: string, body: string): Promise<void> {
  // moto reads a form-encoded body as empty, which is what HTTP clients like to send by default.
  const reply = await fetch(`${url}/moto-api/${path}`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body,
  });
  if (!reply.ok) throw new Error(`${url} is not moto: its /moto-api/${path} answers ${reply.status}`);
}

async function newAdmin(url: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  // Without auth an emulator takes any credentials; one with auth has been given its own by the environment.
  const { AWS_ACCESS_KEY_ID: accessKeyId = "test", AWS_SECRET_ACCESS_KEY: secretAccessKey = "test" } = process.env;
  const iam = new IAMClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId, secretAccessKey } });
  const UserName = `admin-${Date.now().toString(36)}`;
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  });
  try {
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "everything", PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) throw new Error(`${url} returned no access key`);
    return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  } finally {
    iam.destroy();
  }
}
