import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { consentOf, EXPLANATION, MAX_MINUTES, requireAccount } from "./realAccount/consent";
import { OwnUsers } from "./realAccount/ownUsers";
import { iamClient, stsClient, table, type Where } from "./realAccount/run";
import { settle } from "./realAccount/settle";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const say = (line: string) => console.error(line);

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const { mode, account } = consentOf(env);
  if (mode === "explain") {
    console.log(EXPLANATION);
    return 0;
  }
  const where: Where = { region: env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1" };
  const identity = await stsClient(where).send(new GetCallerIdentityCommand({}));
  const endpoint = env.AWS_ENDPOINT_URL_IAM || env.AWS_ENDPOINT_URL;
  const asked = endpoint ? `not AWS but ${endpoint}` : "AWS itself";
  say(`Account ${identity.Account}, as ${identity.Arn}, region ${where.region}, ${asked}`);
  requireAccount(identity, account);
  return mode === "run" ? run(where) : cleanUp(where);
}

async function run(where: Where): Promise<number> {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      say(`${name}: all that this run made is deleted now, please wait`);
      interrupted.abort(new Error(`ended by ${name}`));
    });
  }
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(MAX_MINUTES * 60_000)]);
  const { rows, failure, left } = await settle(where, { say, signal });
  const different = rows.filter(({ asExpected }) => !asExpected).length;
  console.log(`\n${table(rows)}\n\n${rows.length - different} as expected, ${different} different.`);
  if (failure) console.log(`The run did not come to its end: ${failure.name}: ${failure.message.split("\n")[0]}`);
  console.log(told(left));
  return failure || left.length > 0 || different > 0 ? 1 : 0;
}

async function cleanUp(where: Where): Promise<number> {
  const users = new OwnUsers();
  const iam = users.guard(iamClient(where));
  const names = await users.adoptLeftovers(iam);
  say(names.length > 0 ? `Deleting ${names.join(", ")}` : "There is nothing that an earlier run left.");
  const left = await users.removeAll(iam);
  console.log(told(left));
  return left.length > 0 ? 1 : 0;
}

function told(left: string[]): string {
  if (left.length === 0) return "All that was made is deleted.";
  return `Left behind: ${left.join(", ")}. In ${MAX_MINUTES} minutes, ROTATOR_AWS_TEST=clean-up deletes it.`;
}

main(process.env).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    say(`${error.name}: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
  },
);
