import type { GetCallerIdentityCommandOutput } from "@aws-sdk/client-sts";

/** Where the users of these runs lie, so that whoever runs them needs rights on nothing else. */
export const PATH = "/pulumi-aws-iam-rotator-test/";
export const MAX_KEYS = 12;
export const MAX_MINUTES = 15;

export interface Consent {
  mode: "explain" | "run" | "clean-up";
  account: string;
}

/** What the environment asks for. @throws for anything but a clear yes, and for which account: that is a no */
export function consentOf(env: NodeJS.ProcessEnv): Consent {
  const { ROTATOR_AWS_TEST: asked, ROTATOR_AWS_TEST_ACCOUNT: account = "" } = env;
  if (!asked) return { mode: "explain", account };
  if (asked !== "yes" && asked !== "clean-up") refuse("ROTATOR_AWS_TEST is neither `yes` nor `clean-up`.");
  if (!/^\d{12}$/.test(account)) refuse("ROTATOR_AWS_TEST_ACCOUNT has to name the account, 12 digits.");
  return { mode: asked === "yes" ? "run" : asked, account };
}

/** @throws unless these credentials belong to the account that was named, and are not its root user's */
export function requireAccount(identity: Pick<GetCallerIdentityCommandOutput, "Account" | "Arn">, account: string) {
  const { Account, Arn } = identity;
  if (Account !== account)
    refuse(`The credentials in use belong to account ${Account}, and ROTATOR_AWS_TEST_ACCOUNT names ${account}.`);
  if (Arn?.endsWith(":root")) refuse("The account's root user is not for tests: use a role or a user.");
}

function refuse(why: string): never {
  throw new Error(`Nothing was done: ${why}`);
}

const policy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: [
        "iam:CreateUser",
        "iam:GetUser",
        "iam:DeleteUser",
        "iam:TagUser",
        "iam:PutUserPolicy",
        "iam:DeleteUserPolicy",
        "iam:CreateAccessKey",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
        "iam:DeleteAccessKey",
      ],
      Resource: `arn:aws:iam::*:user${PATH}*`,
    },
    { Effect: "Allow", Action: "iam:ListUsers", Resource: "*" },
  ],
};

export const EXPLANATION = `npm run test:aws asks a real AWS account what emulators can't tell: how long a new key takes to work, how long a
deleted one lives on, which errors come, what tags take. It prints what it saw beside what this package expects.

It does nothing unless it is asked to, with credentials of that account where the AWS SDK finds them:

  ROTATOR_AWS_TEST=yes ROTATOR_AWS_TEST_ACCOUNT=123456789012 npm run test:aws

It makes two users of its own below ${PATH}, and at most ${MAX_KEYS} access keys, touches no other user,
ends after ${MAX_MINUTES} minutes at the latest, and deletes all that it made, after a failure and after Ctrl-C as well. If it was
killed, or says that something is left, ROTATOR_AWS_TEST=clean-up deletes what such runs left.

These permissions are enough:

${JSON.stringify(policy, undefined, 2)}
`;
