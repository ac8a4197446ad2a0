import type { Done } from "../../../provider/decide/apply";
import { blockedIn, differences, type Props, pendingIn, recordedIds, secretsIn } from "./core";
import type { Place } from "./events";
import type { Operation, Saved } from "./model";
import type { World as WholeWorld } from "./world";

/** A run may take so long, in milliseconds. */
const RUN = 15 * 60_000;

/** What of a world it may ask. */
type World = Pick<
  WholeWorld,
  "data" | "works" | "isThere" | "isFull" | "lastUse" | "hasReadLate" | "canBeFound" | "isOnNamedUser"
>;

/** Knows the truth by itself, from what was done in AWS and saved in a state, and never asks the code. */
export class Oracle {
  crimes: string[] = [];

  constructor(readonly world: World) {}

  #accuse(crime: string): void {
    this.crimes.push(crime);
  }

  made(id: string, by: Place | "person", ofCreation = false): void {
    this.world.data.fates[id] = { maker: by, ofCreation, handed: false, held: false, excused: false };
  }

  /** Just before AWS deletes it. */
  deletes(operation: Operation, id: string): void {
    const { data } = this.world;
    const fate = data.fates[id];
    if (!fate || !this.world.isThere(id)) return;
    operation.changed.push(`deleted ${id}`);
    const { place, kind, adopts, made, revokes } = operation;
    const named = adopts.includes(id) || recordedIds(operation.olds?.outputs).includes(id);
    // What a twin made, and did not hand out, by a creation or in a run that was killed: which of the two made it no tag can tell.
    const isTwins =
      data.twins &&
      fate.maker !== "person" &&
      fate.maker.slice(2) === place.slice(2) &&
      (fate.ofCreation || !fate.held) &&
      !fate.handed;
    if (fate.maker !== place && !named && !isTwins) {
      const whose = fate.maker === "person" ? "a person" : fate.maker;
      this.#accuse(`${place} ${kind} deletes ${id}, which ${whose} made`);
    }
    this.#sleep(operation, id);
    if (!this.world.works(id) || data.time.now < (fate.raced ?? -Infinity) + RUN) return;
    if (fate.needed && fate.asleep === place && kind !== "destroy" && !revokes && !operation.brokenMeanwhile) {
      this.#accuse(`${place} deletes ${id}, which somebody activated again`);
    }
    if (fate.handed && !named) this.#accuse(`${place} ${kind} deletes ${id}, which was handed out and is not recorded`);
    for (const [at, { live }] of Object.entries(data.resources)) {
      // What a failed run saved was passed on to nobody yet.
      if (currentOf(live) !== id || !fate.handed) continue;
      // A person may break it the moment after it was seen to work.
      const successor = made.some((newer) => newer !== id && (operation.brokenMeanwhile || this.world.works(newer)));
      const own = at === place && live?.instance === operation.olds?.instance;
      const takenOver = at !== place && named;
      // A revocation makes room of what goes anyway, if nothing else of its own can.
      const makesRoom =
        revokes &&
        this.world.isFull() &&
        recordedIds(live?.outputs).filter((one) => this.world.isThere(one)).length === 1;
      if ((own && (kind === "destroy" || (revokes && successor) || makesRoom)) || takenOver) continue;
      this.#accuse(`${place} ${kind} deletes ${id}, the current key in the state of ${at}`);
    }
    this.#grace(operation, id);
    this.#readers(operation, id);
  }

  deactivates(operation: Operation, id: string): void {
    const fate = this.world.data.fates[id];
    const { place, kind, olds, brokenMeanwhile } = operation;
    operation.changed.push(`deactivated ${id}`);
    if (!fate || !this.world.works(id)) return;
    const previous = (olds?.outputs.previous as { accessKeyId: string } | null)?.accessKeyId;
    if (id !== previous) this.#accuse(`${place} ${kind} deactivates ${id}, which is not its previous key`);
    if (!operation.sleep) this.#accuse(`${place} ${kind} deactivates ${id}, which nobody asked for`);
    if (fate.needed && fate.asleep === place && !brokenMeanwhile)
      this.#accuse(`${place} deactivates ${id}, which somebody activated again`);
    this.#grace(operation, id);
    this.#readers(operation, id);
  }

  /** From when the key became previous, or was adopted as previous. */
  #grace({ place, kind, olds, adopts, grace, revokes, startedWorking }: Operation, id: string): void {
    const { now } = this.world.data.time;
    const isAdopted = adopts.includes(id) && !recordedIds(olds?.outputs).includes(id);
    const since = olds?.previous?.id === id ? olds.previous.since : isAdopted ? now : undefined;
    if (kind === "destroy" || !grace || revokes || since === undefined || !startedWorking) return;
    if (now < since + grace - 60_000) {
      this.#accuse(`${place} deletes ${id} before its grace period ends, ${new Date(since + grace).toISOString()}`);
    }
  }

  /** What no new key pushes out is deactivated first, and for as long as was asked for. */
  #sleep({ place, kind, olds, adopts, trigger, cause, revokes, sleep }: Operation, id: string): void {
    const isAnswered = trigger === olds?.answer.trigger && olds.answer.rotated;
    const isPushedOut = revokes || cause !== undefined || adopts.length > 0 || !isAnswered;
    if (kind !== "up" || !sleep || id !== olds?.outputs.previousAccessKeyId || isPushedOut) return;
    const since = Date.parse(String(olds?.outputs.previousDeactivatedAt ?? ""));
    if (!(this.world.data.time.now >= since + sleep - RUN))
      this.#accuse(`${place} deletes ${id}, which was not deactivated before, or not for so long`);
  }

  /** Whoever takes what the stack has published, once in each grace period, never meets a dead key. */
  #readers({ place, kind, grace, guard, revokes, startedWorking, brokenMeanwhile, olds }: Operation, id: string): void {
    const { published, replacedAt, time } = this.world.data;
    if (kind === "destroy" || revokes || !startedWorking) return;
    // What a revocation has given up goes as soon as it can.
    const { keys = [] } = (olds?.outputs.unfinished ?? {}) as { keys?: string[] };
    if (keys.includes(id)) return;
    const used = this.world.lastUse(id);
    if (guard && used && time.now < used + guard - RUN && !brokenMeanwhile)
      this.#accuse(`${place} ends ${id}, which was used within lastUsedGuard`);
    const { current } = published[place] ?? {};
    if (current === id) this.#accuse(`${place} ends ${id}, which its stack still publishes as current`);
    const since = replacedAt[id];
    // A run publishes when it ends, a little after it made the key.
    if (since !== undefined && grace && time.now < since + grace - RUN)
      this.#accuse(`${place} ends ${id} within its grace period from the publication of its successor`);
  }

  /** What was said to be done, by ids, is what was done. */
  told({ place, kind, changed, disturbed }: Operation, did: Done[]): void {
    const said = did.flatMap(({ did: what, accessKeyId }) =>
      ["made", "deleted", "deactivated"].includes(what) ? [`${what} ${accessKeyId}`] : [],
    );
    const undone = changed.filter((one) => one.startsWith("made ") && changed.includes(one.replace("made", "deleted")));
    const gone = undone.flatMap((one) => [one, one.replace("made", "deleted")]);
    const done = changed.filter((one) => !gone.includes(one));
    // Where replies get lost it may not know all of it; but it says nothing that was not done.
    const isTrue = disturbed ? said.every((one) => changed.includes(one)) : String(said.sort()) === String(done.sort());
    if (kind === "refresh" || isTrue) return;
    this.#accuse(`${place} ${kind} did ${done}, and says that it ${said}`);
  }

  /** What an operation left in the state, held against what was there. */
  saves(operation: Operation, outputs: Props, failed: boolean): Saved {
    const { place, kind, olds, trigger } = operation;
    const { data } = this.world;
    for (const id of secretsIn(outputs)) {
      const fate = data.fates[id];
      const passedOn = !failed && !(kind === "refresh" && outputs.unfinished);
      if (fate) Object.assign(fate, { held: true, handed: fate.handed || passedOn });
    }
    const asleep = outputs.previousDeactivatedAt;
    if (!failed && kind === "up") this.#says(operation, outputs);
    const fate = data.fates[String(outputs.previousAccessKeyId)];
    if (asleep && fate && !fate.asleep) fate.asleep = place;
    const left = kind === "refresh" ? secretsIn(outputs) : recordedIds(outputs);
    for (const id of secretsIn(olds?.outputs)) {
      if (left.includes(id) || !this.world.canBeFound(id)) continue;
      this.#accuse(`${place} ${kind} drops the secret of ${id}, which AWS still has`);
    }
    const answer = this.#answer(operation, outputs);
    const [id, old] = [(outputs.previous as { accessKeyId: string } | null)?.accessKeyId, olds?.previous];
    const previous = id === undefined ? undefined : id === old?.id ? old : { id, since: data.time.now };
    return {
      instance: olds?.instance ?? ++data.numbers.instances,
      outputs,
      failed,
      answer: { ...answer, trigger: answer.trigger ?? trigger },
      ...(previous && { previous }),
    };
  }

  /** What is asked for is done, or pending; what is blocked has changed nothing; and a preview has shown it. */
  #says(
    { place, changed, trigger, revokes, isOverdue, foreseen, isExact, disturbed, brokenMeanwhile, olds }: Operation,
    outputs: Props,
  ): void {
    const pending = pendingIn(outputs);
    const isDone = !isOverdue || outputs.currentAccessKeyId !== currentOf(olds);
    const isAnswered = !olds || (outputs.rotationTrigger === trigger && isDone);
    if (!isAnswered && !pending.some(({ what, blocked }) => what === "rotation" || blocked))
      this.#accuse(`${place} rotates not for ${trigger}, and says nothing of it`);
    // What a failed run has answered, this one only ends.
    const revokesNow = revokes && !brokenMeanwhile && !olds?.outputs.answered;
    const left = revokesNow ? recordedIds(olds?.outputs).filter((id) => this.world.isThere(id)) : [];
    if (left.length > 0) this.#accuse(`${place} revokes, and leaves ${left}`);
    const [blocked] = blockedIn(outputs).filter(
      ({ because }) => because !== "activatedAgain" && because !== "unpublished",
    );
    if (blocked && changed.length > 0 && !brokenMeanwhile) this.#accuse(`${place} is blocked, and ${changed}`);
    if (!foreseen || !isExact || disturbed || blocked) return;
    const others = differences(foreseen, outputs);
    if (others.length > 0) this.#accuse(`${place} differs from its preview in ${others}`);
  }

  /** One trigger value, one rotation. */
  #answer({ place, kind, olds, trigger, adopts, cause, brokenMeanwhile }: Operation, outputs: Props): Saved["answer"] {
    if (!olds) return { trigger, rotated: true };
    if (kind === "refresh") return olds.answer;
    const before = olds.answer.trigger === trigger ? olds.answer : { trigger, rotated: false };
    const rotated = currentOf(olds) !== (outputs.currentAccessKeyId ?? undefined);
    if (!rotated || cause || brokenMeanwhile || adopts.length > 0) return before;
    if (before.rotated) this.#accuse(`${place} rotates twice for the trigger ${trigger}`);
    return { trigger, rotated: true };
  }

  /** After a successful `up` that asked AWS. */
  ended(operation: Operation, live: Saved): void {
    const { place, brokenMeanwhile, readsLate } = operation;
    const { data } = this.world;
    const current = currentOf(live);
    const key = live.outputs.current as { secretAccessKey?: string } | undefined;
    if (!current) this.#accuse(`${place} succeeds without a current key`);
    // A late list has it still: the next run sees that it is gone, and makes another.
    else if (!this.world.works(current) && !brokenMeanwhile && !data.fates[current]?.excused && !readsLate) {
      this.#accuse(`${place} succeeds, and its current ${current} does not work`);
    } else if (data.secrets[current] && data.secrets[current] !== key?.secretAccessKey) {
      this.#accuse(`${place} keeps another secret for ${current}`);
    }
  }

  /** When no operation of the resource is under way any more: what it made is recorded, or gone. */
  nothingForgotten(place: Place): void {
    const { data } = this.world;
    // What a late read has hidden from a creation without a state is told as a key that is not managed.
    const named = (saved: Saved | undefined) =>
      this.world.hasReadLate ? ((saved?.outputs.unmanagedAccessKeyIds ?? []) as string[]) : [];
    const known = Object.values(data.resources).flatMap(({ live, pending }) =>
      [live, ...pending].flatMap((saved) => [...recordedIds(saved?.outputs), ...named(saved)]),
    );
    for (const [id, { maker, held, excused }] of Object.entries(data.fates)) {
      if (maker !== place || excused || known.includes(id) || !this.world.isOnNamedUser(id)) continue;
      this.#accuse(`${place} forgets ${id}, ${held ? "which it handed out" : "whose secret nobody has"}`);
    }
  }

  /** A refusal comes before the first change, where nothing goes wrong on the way. */
  refused({ place, changed, disturbed }: Operation, message: string): void {
    if (!disturbed && changed.length > 0) this.#accuse(`${place} fails half-way, after it ${changed}: ${message}`);
  }

  destroyed(operation: Operation, said: string): void {
    for (const [id, fate] of Object.entries(this.world.data.fates)) if (said.includes(id)) fate.excused = true;
    for (const id of recordedIds(operation.olds?.outputs)) {
      const taken = Object.values(this.world.data.resources).some(
        ({ live }) => live !== operation.olds && recordedIds(live?.outputs).includes(id),
      );
      const fate = this.world.data.fates[id];
      if (fate && !fate.excused && !taken && this.world.isThere(id)) {
        this.#accuse(`${operation.place} is destroyed, and leaves ${id} without a word`);
      }
    }
  }
}

export function currentOf(saved: Saved | undefined): string | undefined {
  return (saved?.outputs.current as { accessKeyId: string } | undefined)?.accessKeyId;
}
