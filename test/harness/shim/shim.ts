/** Runs the dynamic-provider process of a @pulumi/pulumi installation and speaks to it as the engine does, by gRPC. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { fromStruct, plainBag } from "../../../provider/plugin/wire";

export type Props = Record<string, unknown>;

export interface ShimOptions {
  /** Where the process runs: the program's folder, from which `__provider` finds its modules. */
  cwd: string;
  /** The script of the process, if it is not the host of dynamic providers but a plugin. */
  plugin?: string;
  /** The folder of @pulumi/pulumi; default this repository's. */
  pulumiPackage?: string;
  /** Beside PATH, HOME and the project's name; nothing else is inherited, no AWS_* above all. */
  env?: Record<string, string>;
  /** The stack's config, as "aws:region". */
  config?: Record<string, string>;
  /** How long a call may take; a shim that never answers shows as an error, not as a test that hangs. */
  timeoutMs?: number;
}

/** The provider threw `{ id, properties, reasons }`: the engine saves these properties. */
export class PartialFailure extends Error {
  override name = "PartialFailure";
  constructor(
    message: string,
    readonly id: string,
    readonly properties: Props,
    readonly reasons: string[],
  ) {
    super(message);
  }
}

/** The process has ended, before or during the call. */
export class ShimDied extends Error {
  override name = "ShimDied";
}

export type Shim = Awaited<ReturnType<typeof startShim>>;

export async function startShim(options: ShimOptions) {
  const pulumi = options.pulumiPackage ?? path.dirname(require.resolve("@pulumi/pulumi/package.json"));
  const engine = await startEngine();
  const main = options.plugin ?? path.join(pulumi, "cmd", "dynamic-provider", "index.js");
  const child = spawn(process.execPath, [main, engine.address], {
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PULUMI_PROJECT: "test",
      PULUMI_NODEJS_PROJECT: "test",
      ...options.env,
    },
  });
  let stdout = "";
  let stderr = "";
  let exit: string | undefined;
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  // "close" comes after the last of stderr, "exit" does not.
  const closed = once(child, "close").then(
    ([code, signal]) => {
      exit = `the shim ended with ${signal ?? `code ${code}`}`;
    },
    (error) => {
      exit = `the shim did not start: ${error}`;
    },
  );
  const died = () => new ShimDied(stderr ? `${exit}; its stderr: ${stderr.slice(-2000)}` : exit);
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      if (stdout.includes("\n")) resolve(stdout.trim());
    });
    closed.then(() => reject(died()));
  }).catch(async (error) => {
    await engine.close();
    throw error;
  });
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });

  type Method<Q, R> = (
    request: Q,
    metadata: grpc.Metadata,
    options: Partial<grpc.CallOptions>,
    done: (error: grpc.ServiceError | null, reply: R) => void,
  ) => unknown;

  async function call<Q, R>(method: Method<Q, R>, request: Q): Promise<R> {
    if (exit !== undefined) throw died();
    try {
      return await new Promise<R>((resolve, reject) => {
        const deadline = Date.now() + (options.timeoutMs ?? 50_000);
        method.call(client, request, new grpc.Metadata(), { deadline }, (error, reply) =>
          error ? reject(error) : resolve(reply),
        );
      });
    } catch (error) {
      const failure = error as grpc.ServiceError;
      if (failure.code === grpc.status.UNAVAILABLE) {
        await closed; // a lost connection means that the process is ending; what it said last belongs to the error
        throw died();
      }
      throw partialFailure(failure) ?? new Error(failure.details || failure.message, { cause: failure });
    }
  }

  const configure = new rpc.ConfigureRequest().setArgs(struct(options.config ?? {})).setAcceptsecrets(true);
  const shim = {
    get stderr() {
      return stderr;
    },

    async check(olds: Props, news: Props) {
      const request = new rpc.CheckRequest().setOlds(struct(olds)).setNews(struct(news));
      const reply = await call<rpc.CheckRequest, rpc.CheckResponse>(client.check, request);
      const failures = reply.getFailuresList().map((f) => ({ property: f.getProperty(), reason: f.getReason() }));
      return { inputs: plain(reply.getInputs()), failures };
    },

    /** `changes` is undefined when the provider gave no answer: then the engine compares the inputs. */
    async diff(id: string, olds: Props, news: Props) {
      const request = new rpc.DiffRequest().setId(id).setOlds(struct(olds)).setNews(struct(news));
      const reply = await call<rpc.DiffRequest, rpc.DiffResponse>(client.diff, request);
      const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
      const changes = new Map<number, boolean>([
        [DIFF_SOME, true],
        [DIFF_NONE, false],
      ]).get(reply.getChanges());
      return { changes, replaces: reply.getReplacesList(), deleteBeforeReplace: reply.getDeletebeforereplace() };
    },

    async create(inputs: Props) {
      const request = new rpc.CreateRequest().setProperties(struct(inputs));
      const reply = await call<rpc.CreateRequest, rpc.CreateResponse>(client.create, request);
      return { id: reply.getId(), outs: plain(reply.getProperties()) };
    },

    async update(id: string, olds: Props, news: Props) {
      const request = new rpc.UpdateRequest().setId(id).setOlds(struct(olds)).setNews(struct(news));
      const reply = await call<rpc.UpdateRequest, rpc.UpdateResponse>(client.update, request);
      return { outs: plain(reply.getProperties()) };
    },

    async read(id: string, props: Props) {
      const request = new rpc.ReadRequest().setId(id).setProperties(struct(props));
      const reply = await call<rpc.ReadRequest, rpc.ReadResponse>(client.read, request);
      const found = { id: reply.getId(), props: plain(reply.getProperties()) };
      return reply.hasInputs() ? { ...found, inputs: plain(reply.getInputs()) } : found;
    },

    async delete(id: string, props: Props): Promise<void> {
      await call(client.delete, new rpc.DeleteRequest().setId(id).setProperties(struct(props)));
    },

    async stop(): Promise<void> {
      client.close();
      child.kill("SIGKILL");
      await Promise.all([closed, engine.close()]);
    },
  };
  try {
    await call<rpc.ConfigureRequest, rpc.ConfigureResponse>(client.configure, configure);
  } catch (error) {
    await shim.stop();
    throw error;
  }
  return shim;
}

/** Something that listens where the engine would: it hears what is said, and lets a provider see that its engine is alive. */
async function startEngine() {
  const server = new grpc.Server();
  const log = (_call: unknown, answer: grpc.sendUnaryData<Empty>) => answer(null, new Empty());
  server.addService(EngineService, { log } as unknown as grpc.UntypedServiceImplementation);
  const credentials = grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: `127.0.0.1:${port}`, close: async () => server.forceShutdown() };
}

/** The engine never sends undefined, which Struct refuses. */
function struct(props: Props): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(props)));
}

function plain(struct: Struct | undefined): Props {
  // Which of it is secret the plugin marks, and the engine encrypts.
  return plainBag(fromStruct(struct));
}

function partialFailure(failure: grpc.ServiceError): PartialFailure | undefined {
  const details = failure.metadata?.get("grpc-status-details-bin")[0];
  if (!details) return undefined;
  const any = Status.deserializeBinary(Buffer.from(details)).getDetailsList()[0];
  const read = rpc.ErrorResourceInitFailed.deserializeBinary;
  const init = any?.unpack<rpc.ErrorResourceInitFailed>(read, "pulumirpc.ErrorResourceInitFailed");
  if (!init) return undefined;
  return new PartialFailure(failure.details, init.getId(), plain(init.getProperties()), init.getReasonsList());
}
