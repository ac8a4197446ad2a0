// RotatedUser for programs of all languages, by the engine's resource monitor: values pass through as they came.
import * as grpc from "@grpc/grpc-js";
import { Alias } from "@pulumi/pulumi/proto/alias_pb";

import pb = require("@pulumi/pulumi/proto/provider_pb");

import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";

import rpb = require("@pulumi/pulumi/proto/resource_pb");

import { TO_ENGINE } from "../act/engineLog";
import { SETTING_NAMES, type SettingName, SIGNER_NAMES } from "../aws/awsSettings";
import { JOURNAL_PATHS, OWN_TAG, tagProblem } from "../functions/userTags";
import { keyIdsIn } from "../model/accessKey";
import { RotationError } from "../model/errors";
import { ROTATED_USER_INPUTS, USER_INPUTS } from "../model/inputs";
import { isObject } from "../model/json";
import { PUBLIC_OUTPUTS, SECRETS } from "../model/outputs";
import { isUnknown, UNKNOWN } from "../model/unknowns";
import { type Bag, fromStruct, isSecret, plain, secret, toStruct } from "./wire";

const PACKAGE = "aws-iam-rotator";
const TYPE = `${PACKAGE}:index:RotatedUser`;
const KEY_TYPE = `${PACKAGE}:index:RotatedAccessKey`;
/** What a program in TypeScript has without this plugin: the same resource under another type. */
const DYNAMIC_KEY_TYPE = "pulumi-nodejs:dynamic/pulumi-aws-iam-rotator:RotatedAccessKey";
const KEY_OUTPUTS = [...ROTATED_USER_INPUTS, ...PUBLIC_OUTPUTS];
/** Of @pulumi/aws it is not known which version makes the user: what one of them refuses is refused. */
const ANY_AWS = Number.POSITIVE_INFINITY;

/** Registers the component, its user and the user's keys. */
export async function construct(request: pb.ConstructRequest): Promise<pb.ConstructResponse> {
  const { user, ...keyInputs } = fromStruct(request.getInputs());
  refuseOthers(request.getName(), "it", keyInputs, ROTATED_USER_INPUTS);
  const userInputs = userInputsOf(request.getName(), user);
  const awsProvider = awsSettingsOf(request, keyInputs);
  const monitor = new Monitor(request);
  try {
    const { urn } = await monitor.component();
    const made = await monitor.child("aws:iam/user:User", userInputs, urn, (message) => {
      message.setIgnorechangesList(JOURNAL_PATHS);
      monitor.dependsOn(message, "user", Object.keys(userInputs));
    });
    const userArn = made.outputs.arn ?? UNKNOWN;
    const published = await monitor.published();
    const run = published ? { run: { published } } : {};
    const key = await monitor.child(KEY_TYPE, { ...keyInputs, ...awsProvider, ...run, userArn }, urn, (message) => {
      for (const name of Object.keys(keyInputs)) monitor.dependsOn(message, name, [name]);
      depends(message, "userArn", [made.urn]);
      message.setAliasspecs(true);
      message.setAliasesList([aliasByType(DYNAMIC_KEY_TYPE)]);
    });
    const outputs: Bag = { userName: made.outputs.name ?? UNKNOWN, userArn };
    // In a preview, what is not told is not known yet.
    const missing = request.getDryrun() ? UNKNOWN : null;
    for (const name of KEY_OUTPUTS) outputs[name] = key.outputs[name] ?? (name in key.outputs ? null : missing);
    for (const name of KEY_OUTPUTS)
      if (SECRETS.includes(name) && outputs[name] !== null) outputs[name] = secret(outputs[name]);
    await monitor.finish(urn, outputs);
    const reply = new pb.ConstructResponse();
    reply.setUrn(urn);
    reply.setState(toStruct(outputs));
    for (const name of Object.keys(outputs)) {
      const on = new pb.ConstructResponse.PropertyDependencies();
      on.setUrnsList([name === "userName" || name === "userArn" ? made.urn : key.urn]);
      reply.getStatedependenciesMap().set(name, on);
    }
    return reply;
  } finally {
    monitor.close();
  }
}

/** The inputs of `aws.iam.User`; with a tag of our own where it has none. */
function userInputsOf(component: string, user: unknown): Bag {
  const settings = isSecret(user) ? user.value : user;
  if (isUnknown(settings)) return Object.fromEntries(USER_INPUTS.map((name) => [name, UNKNOWN]));
  const given = isObject(settings) ? settings : {};
  refuseOthers(component, "user", given, USER_INPUTS);
  const tags = tagsOf(component, given.tags);
  const inputs: Bag = { ...given, tags, tagsAll: isUnknown(tags) ? UNKNOWN : {} };
  return isSecret(user)
    ? Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, secret(value)]))
    : inputs;
}

/** Before anything is made: the keys are checked when the user is there. */
function refuseOthers(component: string, what: string, given: object, takes: readonly string[]): void {
  const others = Object.keys(given).filter((name) => !takes.includes(name));
  if (others.length === 0) return;
  const attempted = `Can't make the RotatedUser ${component}`;
  const found = `${what} has ${others.join(" and ")}, which it does not take.`;
  throw new RotationError({ attempted, found, todo: `It takes ${takes.join(", ")}.` });
}

function tagsOf(component: string, given: unknown): unknown {
  const tags = isSecret(given) ? given.value : given;
  if (isUnknown(tags)) return UNKNOWN;
  const present = Object.entries(isObject(tags) ? tags : {}).filter(([, value]) => value !== null);
  for (const [key, value] of present) {
    const problem = tagProblem(component, key, plain(value), ANY_AWS);
    if (problem) throw new Error(problem);
  }
  const own = present.length > 0 ? Object.fromEntries(present) : OWN_TAG;
  return isSecret(given) ? secret(own) : own;
}

/**
 * The keys are rotated by who makes the user: the stack's `aws:*` configuration. Each setting of this package's own configuration
 * goes before that of the same name; one that names a signer, before all that name one. A provider of this package is used as it
 * is. An explicit `aws.Provider` is only a reference here, and shows nothing of what it holds.
 */
export function awsSettingsOf(request: pb.ConstructRequest, { login }: Bag): Bag {
  const providers = request.getProvidersMap();
  if (providers.has(PACKAGE)) return {};
  const config = request.getConfigMap();
  const own = (name: string) => config.get(`${PACKAGE}:${name}`);
  const signs = SIGNER_NAMES.some(own);
  if (providers.has("aws")) {
    if (login || signs) return {};
    throw new RotationError({
      attempted: `Can't make the RotatedUser ${request.getName()}`,
      found:
        "its AWS provider makes the user, and what that signs in with can't be read here, so that its keys would be rotated by somebody else.",
      todo: `Give it a provider of ${PACKAGE} with the same settings among \`providers\`; or pass \`login\`.`,
    });
  }
  const stacks = (name: SettingName) => (signs && SIGNER_NAMES.includes(name) ? undefined : config.get(`aws:${name}`));
  const given = SETTING_NAMES.map((name) => [name, own(name) || stacks(name)] as const).filter(([, value]) => value);
  return given.length > 0 ? { awsProvider: secret(Object.fromEntries(given)) } : {};
}

function aliasByType(type: string): Alias {
  const [alias, spec] = [new Alias(), new Alias.Spec()];
  spec.setType(type);
  alias.setSpec(spec);
  return alias;
}

function depends(message: rpb.RegisterResourceRequest, name: string, urns: string[]): void {
  const on = new rpb.RegisterResourceRequest.PropertyDependencies();
  on.setUrnsList(urns);
  message.getPropertydependenciesMap().set(name, on);
  message.setDependenciesList([...new Set([...message.getDependenciesList(), ...urns])]);
}

/** By run. */
const LOOKS = new Map<string, Promise<string[] | undefined>>();

interface Registered {
  urn: string;
  outputs: Bag;
}

/** What registers resources for one component. */
class Monitor {
  readonly #client: ResourceMonitorClient;

  constructor(readonly request: pb.ConstructRequest) {
    this.#client = new ResourceMonitorClient(request.getMonitorendpoint(), grpc.credentials.createInsecure(), {
      ...TO_ENGINE,
      "grpc.max_receive_message_length": 400 * 1024 * 1024,
    });
  }

  close(): void {
    this.#client.close();
  }

  component(): Promise<Registered> {
    const { request } = this;
    const message = this.#message(TYPE, {}, request.getParent());
    message.setAliasspecs(true);
    message.setAliasesList(request.getAliasesList());
    message.setDependenciesList(request.getDependenciesList());
    for (const [name, provider] of request.getProvidersMap().entries()) message.getProvidersMap().set(name, provider);
    return this.#register(message);
  }

  child(type: string, inputs: Bag, parent: string, more: (message: rpb.RegisterResourceRequest) => void) {
    const message = this.#message(type, inputs, parent);
    message.setCustom(true);
    const provider = this.request.getProvidersMap().get(type.split(":")[0] ?? "");
    if (provider) message.setProvider(provider);
    more(message);
    return this.#register(message);
  }

  /** Properties of a child depend on what an input of the component depends on. */
  dependsOn(message: rpb.RegisterResourceRequest, input: string, properties: string[]): void {
    const urns = this.request.getInputdependenciesMap().get(input)?.getUrnsList() ?? [];
    if (urns.length > 0) for (const name of properties) depends(message, name, urns);
  }

  /** Ids of the keys that the stack's published outputs name; `undefined` where nobody can look. One look a run. */
  published(): Promise<string[] | undefined> {
    const { request } = this;
    const name = `${request.getOrganization() || "organization"}/${request.getProject()}/${request.getStack()}`;
    const run = `${request.getMonitorendpoint()} ${name}`;
    const known = LOOKS.get(run) ?? this.#look(name);
    LOOKS.set(run, known);
    return known;
  }

  #look(name: string): Promise<string[] | undefined> {
    const message = new rpb.ResourceInvokeRequest();
    message.setTok("pulumi:pulumi:readStackOutputs");
    message.setArgs(toStruct({ name }));
    return new Promise((resolve) =>
      this.#client.invoke(message, (error, reply) =>
        resolve(error ? undefined : keyIdsIn(fromStruct(reply.getReturn()))),
      ),
    );
  }

  finish(urn: string, outputs: Bag): Promise<void> {
    const message = new rpb.RegisterResourceOutputsRequest();
    message.setUrn(urn);
    message.setOutputs(toStruct(outputs));
    return new Promise((resolve, reject) =>
      this.#client.registerResourceOutputs(message, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** With the options that the children of a component inherit: an explicit `false` is one. */
  #message(type: string, inputs: Bag, parent: string): rpb.RegisterResourceRequest {
    const { request } = this;
    const message = new rpb.RegisterResourceRequest();
    message.setType(type);
    message.setName(request.getName());
    message.setParent(parent);
    message.setObject(toStruct(inputs));
    message.setAcceptsecrets(true);
    message.setSupportspartialvalues(true);
    message.setParentstacktracehandle(request.getStackTraceHandle());
    if (request.hasProtect()) message.setProtect(request.getProtect() === true);
    if (request.hasRetainondelete()) message.setRetainondelete(request.getRetainondelete() === true);
    if (request.getDeletedwith()) message.setDeletedwith(request.getDeletedwith());
    return message;
  }

  #register(message: rpb.RegisterResourceRequest): Promise<Registered> {
    return new Promise((resolve, reject) =>
      this.#client.registerResource(message, (error, reply) =>
        error ? reject(error) : resolve({ urn: reply.getUrn(), outputs: fromStruct(reply.getObject()) }),
      ),
    );
  }
}
