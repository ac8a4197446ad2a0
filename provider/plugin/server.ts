import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type * as grpc from "@grpc/grpc-js";

import plugin = require("@pulumi/pulumi/proto/plugin_pb");
import pb = require("@pulumi/pulumi/proto/provider_pb");

import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { EngineLog } from "../act/engineLog";
import { SETTING_NAMES } from "../aws/awsSettings";
import type { Failure } from "../lifecycle/checkInputs";
import { construct } from "./component";
import { invoke } from "./functions";
import type { AccessKeyMount, DetailKind } from "./keys";
import { toStatus } from "./status";
import { type Bag, fromStruct, plain, secret, toStruct } from "./wire";
import type { Calls } from "./world";

const { version: VERSION } = require("../../package.json") as { version: string };
const { DIFF_NONE, DIFF_SOME } = pb.DiffResponse.DiffChanges;
const { ADD, DELETE, UPDATE, UPDATE_REPLACE } = pb.PropertyDiff.Kind;
const KINDS: Record<DetailKind, typeof ADD | typeof DELETE | typeof UPDATE | typeof UPDATE_REPLACE> = {
  add: ADD,
  delete: DELETE,
  update: UPDATE,
  "update-replace": UPDATE_REPLACE,
};
/** Kept secret however they are passed. */
const CREDENTIALS = ["accessKey", "secretKey", "token", "assumeRoleWithWebIdentity", "httpProxy", "httpsProxy"];
/** What the engine keeps among the inputs of a provider. */
const ENGINES_OWN = ["version", "pluginDownloadURL", "__internal"];

/** The gRPC service that the engine asks: it turns messages into bags, and answers back. */
export function serviceFor(keys: AccessKeyMount, calls: Calls, log: EngineLog): grpc.UntypedServiceImplementation {
  return {
    handshake: rpc(async (request: pb.ProviderHandshakeRequest) => {
      log.attach(request.getEngineAddress());
      const reply = new pb.ProviderHandshakeResponse();
      reply.setAcceptSecrets(true);
      reply.setAcceptResources(true);
      return reply;
    }),
    attach: rpc(async (request: plugin.PluginAttach) => {
      log.attach(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: rpc(async () => {
      const info = new plugin.PluginInfo();
      info.setVersion(VERSION);
      return info;
    }),
    getSchema: rpc(async () => {
      const reply = new pb.GetSchemaResponse();
      reply.setSchema(readFileSync(join(__dirname, "schema.json"), "utf8"));
      return reply;
    }),
    checkConfig: rpc(async (request: pb.CheckRequest) => {
      const names = [...SETTING_NAMES, ...ENGINES_OWN];
      const news = fromStruct(request.getNews());
      const unknown = Object.keys(news).filter((name) => !names.includes(name));
      const reply = new pb.CheckResponse();
      for (const name of CREDENTIALS) if (news[name] !== undefined) news[name] = secret(news[name]);
      reply.setInputs(toStruct(news));
      const reason = `there is no such setting; the provider takes ${SETTING_NAMES.join(", ")}`;
      reply.setFailuresList(toFailures(unknown.map((property) => ({ property, reason }))));
      return reply;
    }),
    diffConfig: rpc(async (request: pb.DiffRequest) => {
      const olds = request.hasOldInputs() ? request.getOldInputs() : request.getOlds();
      const reply = new pb.DiffResponse();
      // Never a replacement: who calls AWS is no part of a key.
      const same = isDeepStrictEqual(fromStruct(olds), fromStruct(request.getNews()));
      reply.setChanges(same ? DIFF_NONE : DIFF_SOME);
      return reply;
    }),
    configure: rpc(async (request: pb.ConfigureRequest) => {
      keys.configure(fromStruct(request.getArgs()));
      const reply = new pb.ConfigureResponse();
      reply.setAcceptsecrets(true);
      reply.setAcceptresources(true);
      reply.setSupportspreview(true);
      return reply;
    }),
    check: onResource(async (request: pb.CheckRequest) => {
      requireType(request.getUrn().split("::")[2]?.split("$").at(-1), "RotatedAccessKey");
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const { inputs, failures } = keys.check(request.getUrn(), olds, news);
      const reply = new pb.CheckResponse();
      reply.setInputs(toStruct(inputs));
      reply.setFailuresList(toFailures(failures));
      return reply;
    }),
    diff: onResource(async (request: pb.DiffRequest) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const { changes, replaces, details } = await keys.diff(olds, news);
      const reply = new pb.DiffResponse();
      reply.setChanges(changes ? DIFF_SOME : DIFF_NONE);
      reply.setReplacesList(replaces);
      reply.setDiffsList(Object.keys(details));
      reply.setHasdetaileddiff(true);
      for (const [name, kind] of Object.entries(details)) {
        const detail = new pb.PropertyDiff();
        detail.setKind(KINDS[kind]);
        detail.setInputdiff(true);
        reply.getDetaileddiffMap().set(name, detail);
      }
      return reply;
    }),
    create: onResource(async (request: pb.CreateRequest) => {
      const { id, outputs } = await keys.create(fromStruct(request.getProperties()), request.getPreview());
      const reply = new pb.CreateResponse();
      reply.setId(id);
      reply.setProperties(toStruct(outputs));
      return reply;
    }),
    read: onResource(async (request: pb.ReadRequest) => {
      const latest = request.hasInputs() ? fromStruct(request.getInputs()) : undefined;
      const reply = new pb.ReadResponse();
      reply.setProperties(toStruct(await keys.read(request.getId(), fromStruct(request.getProperties()), latest)));
      reply.setId(request.getId());
      reply.setInputs(request.getInputs());
      return reply;
    }),
    update: onResource(async (request: pb.UpdateRequest) => {
      const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
      const reply = new pb.UpdateResponse();
      reply.setProperties(toStruct(await keys.update(olds, news, request.getPreview())));
      return reply;
    }),
    delete: onResource(async (request: pb.DeleteRequest) => {
      const latest = request.hasOldInputs() ? fromStruct(request.getOldInputs()) : undefined;
      await keys.delete(fromStruct(request.getProperties()), latest);
      return new Empty();
    }),
    invoke: rpc(async (request: pb.InvokeRequest) => {
      const answer = invoke(request.getTok(), fromStruct(request.getArgs()));
      const reply = new pb.InvokeResponse();
      if ("result" in answer) reply.setReturn(toStruct(answer.result));
      else reply.setFailuresList(toFailures([answer.failure]));
      return reply;
    }),
    construct: rpc(async (request: pb.ConstructRequest) => {
      requireType(request.getType(), "RotatedUser");
      return construct(request);
    }),
    // It comes at the end of each operation as well.
    cancel: rpc(async () => {
      calls.cancel();
      return new Empty();
    }),
  };

  /** For what is about one resource: what is said meanwhile stands there. */
  function onResource<Request extends { getUrn(): string }, Reply>(work: (request: Request) => Promise<Reply>) {
    return rpc((request: Request) => calls.run(request.getUrn(), () => work(request)));
  }
}

function rpc<Request, Reply>(work: (request: Request) => Promise<Reply>) {
  return (call: { request: Request }, answer: grpc.sendUnaryData<Reply>) => {
    work(call.request).then(
      (reply) => answer(null, reply),
      (error) => answer(toStatus(error, idOf(call.request))),
    );
  };
}

/** An SDK may be newer than this plugin, and know more resources: none of these is taken for another one. */
function requireType(type: string | undefined, name: string): void {
  if (type?.split(":").at(-1) !== name) throw new Error(`There is no resource ${type} in the plugin ${VERSION}.`);
}

/** The resource's id: that of the user, also before there is one. */
function idOf(request: unknown): string {
  if (request instanceof pb.UpdateRequest) return request.getId();
  const properties: Bag = request instanceof pb.CreateRequest ? fromStruct(request.getProperties()) : {};
  return String(plain(properties.userArn) ?? "");
}

/** Of a failure that names a property the engine prints the value, secret or not: so the reason names it. */
function toFailures(failures: Failure[]): pb.CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const failure = new pb.CheckFailure();
    failure.setReason(property ? `${property}: ${reason}` : reason);
    return failure;
  });
}
