import * as grpc from "@grpc/grpc-js";

import pb = require("@pulumi/pulumi/proto/provider_pb");

import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { RotationError } from "../model/errors";
import { HalfDone } from "./keys";
import { toStruct } from "./wire";

/** A failure as the engine reads it; one that has changed something carries the outputs that must be saved. */
export function toStatus(error: unknown, id: string): Partial<grpc.ServiceError> {
  const failure = error instanceof Error ? error : new Error(String(error));
  if (failure instanceof HalfDone) return saved(failure, id);
  // A refusal is an answer: of any other code the engine says that the resource may be in an unknown state.
  const code = failure instanceof RotationError ? grpc.status.FAILED_PRECONDITION : grpc.status.UNKNOWN;
  return { code, details: failure.message };
}

function saved({ message, outputs }: HalfDone, id: string): Partial<grpc.ServiceError> {
  const detail = new pb.ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(toStruct(outputs));
  detail.setReasonsList([message]);
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}
