// What Pulumi's engine does with a resource in one run of a stack: facts-pulumi.md.

import type { Answer } from "../../../provider/lifecycle/answer";
import { parseDuration } from "../../../provider/model/duration";
import { blockedIn, type Props } from "./core";
import type { Place, RunSpec } from "./events";
import type { Operation, Resource, Saved } from "./model";
import { currentOf } from "./oracle";
import type { Run } from "./run";
import type { World } from "./world";

/** @param disturbed something else is at work beside it */
export async function operate(world: World, run: Run, disturbed: boolean): Promise<void> {
  const { stack, resources } = run.spec;
  await Promise.all(
    resources.map(async (name) => {
      const place: Place = `${stack}.${name}`;
      const step = new OneResource(world, run, place, disturbed || resources.length > 1);
      await step.perform();
    }),
  );
}

class OneResource {
  readonly #resource: Resource;
  readonly #news: Props;
  /** As its engine read the state, and what it replaces itself. */
  readonly #pending: Saved[];
  /** So many calls were made when what is replaced came to be deleted: those after it are no look at what is live. */
  #callsOfMain: number | undefined;
  #main: Operation | undefined;

  constructor(
    readonly world: World,
    readonly run: Run,
    readonly place: Place,
    readonly disturbed: boolean,
  ) {
    this.#resource = world.data.resources[place];
    this.#news = this.#inputs();
    this.#pending = [...this.#resource.pending];
  }

  async perform(): Promise<void> {
    const { world, run, place } = this;
    const { kind } = run.spec;
    const calls = run.calls.length;
    if (kind === "up" || kind === "replace") world.data.programs[place] = this.#news;
    try {
      const did = await this.#perform(kind);
      if (!run.isSaved) return;
      const { live } = this.#resource;
      const blocked = kind === "up" || kind === "replace" ? blockedIn(live?.outputs) : [];
      if (blocked[0]) {
        world.outcomes[place] = { ending: "refused", message: blocked[0].message, isBlocked: true };
        return;
      }
      const asked = run.calls.length > calls;
      const looked = (this.#callsOfMain ?? run.calls.length) > calls;
      if (did && looked && live && this.#main) world.oracle.ended(this.#main, live);
      world.outcomes[place] = { ending: did && asked ? "ok" : "nothing" };
    } catch (error) {
      if (!run.isSaved) return;
      const message = error instanceof Error ? error.message : String(error);
      world.outcomes[place] = { ending: "refused", message };
    }
  }

  #perform(kind: RunSpec["kind"]): Promise<boolean> {
    const { live } = this.#resource;
    if (kind === "refresh") return this.#refresh(live);
    if (kind === "destroy") return this.#destroyAll();
    if (kind === "replace" && live) return this.#replace(live);
    return this.#up(live);
  }

  async #up(live: Saved | undefined): Promise<boolean> {
    const { run } = this;
    const news = run.core.check(this.#news, this.#published());
    let did = false;
    if (!live) {
      const operation = this.#begin("up", news);
      operation.foreseen = run.core.foreseeCreate(news).outputs;
      did = await this.#save(operation, run.core.create(news));
    } else {
      const { changes, replaces } = await run.core.diff(live.outputs, news);
      if (replaces.length > 0) return this.#replace(live);
      if (changes !== "none" || live.failed) {
        const operation = this.#begin("up", news, live);
        operation.foreseen = run.core.foreseeUpdate(live.outputs, news).outputs;
        did = await this.#save(operation, run.core.update(live.outputs, news));
      }
    }
    await this.#deletePending();
    return did;
  }

  /** It creates first, without the old state; what was there is then deleted, with its own. */
  async #replace(live: Saved): Promise<boolean> {
    const news = this.run.core.check(this.#news, this.#published());
    const operation = this.#begin("replace", news);
    try {
      await this.#save(operation, this.run.core.create(news));
    } finally {
      if (this.#resource.live !== live && this.run.isSaved) {
        this.#resource.pending.push(live);
        this.#pending.push(live);
      }
    }
    await this.#deletePending();
    return true;
  }

  async #deletePending(): Promise<void> {
    this.#callsOfMain = this.run.calls.length;
    for (const old of this.#pending) {
      await this.#delete(old);
      if (this.run.isSaved) this.#resource.pending = this.#resource.pending.filter((saved) => saved !== old);
    }
  }

  async #refresh(live: Saved | undefined): Promise<boolean> {
    if (!live) return false;
    const operation = this.#begin("refresh", undefined, live);
    return this.#save(operation, this.run.core.read(live.outputs));
  }

  async #destroyAll(): Promise<boolean> {
    const { live } = this.#resource;
    await this.#deletePending();
    if (!live) return false;
    await this.#delete(live);
    if (this.run.isSaved) this.#resource.live = undefined;
    return true;
  }

  async #delete(old: Saved): Promise<void> {
    const { run, world } = this;
    const operation = this.#begin("destroy", undefined, old);
    const lines = run.said.length;
    const { failure, did } = await run.core.delete(old.outputs);
    if (run.isSaved) world.oracle.told(operation, did);
    if (failure) {
      if (run.isSaved) world.oracle.refused(operation, String(failure));
      throw failure;
    }
    if (run.isSaved) world.oracle.destroyed(operation, run.said.slice(lines).join("\n"));
  }

  /** Saves what comes out, whole or half done; a refresh clears the engine's note of a failure. */
  async #save(operation: Operation, work: Promise<Answer>): Promise<boolean> {
    const { world, run } = this;
    const { outputs, failure, did } = await work;
    if (run.isSaved) {
      world.oracle.told(operation, did);
      if (outputs) this.#resource.live = world.oracle.saves(operation, outputs, failure !== undefined);
      if (failure) world.oracle.refused(operation, String(failure));
    }
    if (failure) throw failure;
    if (operation.kind !== "refresh") this.#main = operation;
    return true;
  }

  #published(): string[] | undefined {
    return this.world.publishedBy(this.run.spec.stack);
  }

  #inputs(): Props {
    const { world, run, place } = this;
    const { trigger, policy = {}, program } = run.spec;
    if (program) return { ...program, userArn: world.data.programArn };
    const state = this.#adopted();
    const inputs = {
      userArn: world.data.programArn,
      rotationTrigger: trigger,
      region: world.regionOf(place),
      journalOwner: world.data.twins ? (place.split(".")[1] ?? "") : place.replace(".", "-"),
      ...policy,
      ...(state && { state }),
    };
    return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
  }

  /** What a person can name: any key by its id, and the secret of one that somebody made by hand or that a state held. */
  #adopted(): Props | undefined {
    const { adopt } = this.run.spec;
    const { data, users } = this.world;
    const keys = users[0]?.keys ?? [];
    const [current, previous] = [keys[adopt?.current ?? -1], keys[adopt?.previous ?? -1]];
    const fate = current && data.fates[current.accessKeyId];
    const isKnown = fate && (fate.held || fate.maker === "person");
    const state = {
      ...(isKnown && { current: { accessKeyId: current.accessKeyId, secretAccessKey: current.secretAccessKey } }),
      ...(previous && previous !== current && { previous: { accessKeyId: previous.accessKeyId } }),
    };
    return Object.keys(state).length > 0 ? state : undefined;
  }

  #begin(kind: RunSpec["kind"], news?: Props, olds?: Saved): Operation {
    const { world, run, place, disturbed } = this;
    const { current, previous } = (news?.state ?? {}) as Record<string, { accessKeyId: string } | undefined>;
    const before = currentOf(olds);
    const revokes = news?.revocationTrigger !== undefined && news.revocationTrigger !== olds?.outputs.revocationTrigger;
    const due = this.#isDue(olds, news, 60_000);
    const broken = !before || !world.works(before) ? "current does not work" : undefined;
    const operation: Operation = {
      place,
      kind,
      olds,
      trigger: Number(this.#news.rotationTrigger),
      adopts: [current?.accessKeyId, previous?.accessKeyId].filter((id) => id !== undefined),
      made: [],
      revokes,
      grace: parseDuration(news?.gracePeriod),
      sleep: parseDuration(news?.deactivatePeriod),
      guard: parseDuration(news?.lastUsedGuard),
      startedWorking: before !== undefined && world.works(before) && (!olds?.previous || world.works(olds.previous.id)),
      cause: broken ?? (revokes ? "revocation" : due ? "due" : undefined),
      isOverdue: this.#isDue(olds, news, -60_000),
      changed: [],
      isExact: world.isAsRecorded(olds?.outputs),
      disturbed,
      readsLate: run.spec.late !== undefined,
      brokenMeanwhile: false,
    };
    run.begins(operation);
    return operation;
  }

  #isDue(olds: Saved | undefined, news: Props | undefined, tolerance: number): boolean {
    const every = parseDuration(news?.rotateEvery);
    const { createdAt } = (olds?.outputs.current ?? {}) as { createdAt?: string };
    return (
      every !== undefined &&
      createdAt !== undefined &&
      Date.parse(createdAt) + every <= this.world.data.time.now + tolerance
    );
  }
}
