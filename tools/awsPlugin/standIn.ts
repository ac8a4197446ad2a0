import type { CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider";

export type Bag = Record<string, unknown>;

/** One type of resource, as the engine asks for it. */
export interface StandIn {
  check(urn: string, olds: Bag, news: Bag): Bag;
  diff(olds: Bag, news: Bag): DiffResult;
  create(inputs: Bag): Promise<CreateResult>;
  read(id: string, olds: Bag): Promise<ReadResult>;
  update(id: string, olds: Bag, news: Bag): Promise<UpdateResult>;
  delete(id: string, olds: Bag): Promise<void>;
}

/** What IAM says is not there is undefined here, and no error. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if ((error as Error).name === "NoSuchEntityException") return undefined;
    throw error;
  }
}
