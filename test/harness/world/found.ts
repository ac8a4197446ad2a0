// Histories that once went wrong, shrunk: by what they show.
import type { Act, Event, RunSpec, StackName, StrikeFault } from "./events";
import type { Order } from "./schedule";

type More = Partial<RunSpec>;
const spec = (trigger: number, more: More = {}): RunSpec => ({
  stack: "A",
  kind: "up",
  resources: ["one"],
  trigger,
  ...more,
});
const up = (trigger: number, more: More = {}): Event => ({ do: "runs", runs: [spec(trigger, more)] });
const struck = (trigger: number, at: number, fault: StrikeFault, more: More = {}) =>
  up(trigger, { strike: { at, fault }, ...more });
const act = (what: Act): Event => ({ do: "act", act: what });
const meanwhile = (run: RunSpec, step: number, what: Act): Event => ({
  do: "runs",
  runs: [run],
  acts: [{ step, act: what }],
});
const both = (runs: RunSpec[], turns: number[], swaps: boolean[] = []): Event => ({
  do: "runs",
  runs,
  order: { turns, swaps } satisfies Order,
});
const loseState = (stack: StackName): Event => ({ do: "loseState", stack });
const minutes = (count: number): Event => ({ do: "wait", minutes: count });
const [grace, revocation] = [{ policy: { gracePeriod: "3d" } }, { policy: { revocationTrigger: 0 } }];

export interface Found {
  title: string;
  events: Event[];
  slots?: number;
}

export const FOUND: Found[] = [
  {
    title: "a key made by hand minutes after a run that died before it made one",
    events: [struck(0, 3, "killBefore"), minutes(3), act({ do: "addKey" })],
  },
  {
    title: "the same after a session that expired",
    events: [struck(0, 3, "expired"), minutes(3), act({ do: "addKey" })],
  },
  {
    title: "a refresh that clears the note of a failure, then a forced replacement",
    events: [struck(0, 5, "before"), up(0, { kind: "refresh" }), up(0, { kind: "replace" })],
  },
  {
    title: "a renamed user, and a refresh",
    events: [up(0), act({ do: "rename" }), up(0, { kind: "refresh" })],
  },
  {
    title: "two resources at once, and a lost reply",
    events: [both([spec(0, { resources: ["one", "two"], strike: { at: 8, fault: "lostReply" } })], [2])],
  },
  {
    title: "two stacks at once, and a broken connection",
    events: [both([spec(0, { strike: { at: 3, fault: "before" } }), spec(0, { stack: "B" })], [2])],
  },
  {
    title: "a machine whose clock is 40 days ahead, within a grace period",
    events: [up(0, grace), up(1, grace), up(1, { ...grace, skew: 40 })],
  },
  {
    title: "the same, and a rotation by age",
    events: [up(0), up(0, { skew: 40, policy: { rotateEvery: "4d" } })],
  },
  {
    title: "an adopted current beside a rotation, with three slots",
    events: [up(0), act({ do: "addKey" }), up(1, { adopt: { current: 1 } })],
    slots: 3,
  },
  {
    title: "an adopted previous within the grace period",
    events: [up(0, grace), act({ do: "addKey" }), up(1, { ...grace, adopt: { previous: 1 } })],
  },
  {
    title: "an operator that signs by the current key, and a revocation",
    events: [up(0), up(0, { ...revocation, signer: "current" })],
  },
  {
    title: "a forced replacement after the end of a grace period",
    events: [up(0), up(1), minutes(120), up(1, { policy: { gracePeriod: "1h" } }), up(0, { kind: "replace" })],
  },
  {
    title: "a lost state after a rotation that died",
    events: [up(0), struck(1, 3, "killBefore"), loseState("A")],
  },
  // The first core fails at those above; these were found while the second one was made.
  {
    title: "a last tag that can't be written, a refresh that can't either, and a forced replacement",
    events: [
      struck(0, 7, "before"),
      struck(0, 2, "before", { kind: "refresh" }),
      up(0, { kind: "refresh" }),
      up(0, { kind: "replace" }),
    ],
  },
  {
    title: "a list that is older than the tag, since another run came between",
    events: [
      both([spec(0), spec(0, { resources: ["two"] })], [1], [true]),
      up(0, { kind: "destroy", resources: ["two"] }),
    ],
  },
  {
    title: "a rename between the two deletions of a revocation",
    events: [up(1), up(0), meanwhile(spec(0, revocation), 9, { do: "rename" })],
  },
  {
    title: "a destroy signed by the key that it deletes, whose tag can't be written",
    events: [struck(0, 3, "before"), struck(0, 2, "before", { kind: "destroy", signer: "current" })],
  },
  {
    title: "a key that counts as lost, and signs",
    events: [struck(0, 7, "before"), up(0, { kind: "replace", signer: "current" })],
  },
  {
    title: "an adopted current beside a revocation",
    events: [up(0), act({ do: "addKey" }), up(0, { ...revocation, adopt: { current: 1 } })],
  },
  {
    title: "a taken-over key whose new owner's state is lost, and a destroy",
    events: [up(0), up(0, { stack: "B", adopt: { previous: 0 } }), loseState("B"), up(0, { kind: "destroy" })],
  },
  {
    title: "a user made again, a replacement that dies with its key made, and a destroy",
    events: [
      up(0),
      act({ do: "remakeUser" }),
      struck(0, 3, "killAfter", { kind: "replace" }),
      up(0, { kind: "destroy" }),
    ],
  },
  {
    title: "a user that is taken over, and taken back by naming keys that are recorded already",
    events: [
      act({ do: "addKey" }),
      up(2, { stack: "B" }),
      up(0, { resources: ["two"], adopt: { current: 1 } }),
      struck(2, 0, "before", { stack: "B", adopt: { previous: 0 } }),
      act({ do: "deleteKey", nth: 0 }),
    ],
  },
  {
    title: "a destroy signed by its own key, whose last word is not heard, and a lost state",
    events: [up(0), up(1), struck(0, 4, "lostReply", { kind: "destroy", signer: "current" }), loseState("A")],
  },
  {
    title: "two runs of one stack, and the list that would show the other's key fails",
    events: [both([spec(0), spec(0, { strike: { at: 5, fault: "before" } })], [2], [true])],
  },
  {
    title: "a replaced resource of a renamed user, which has to be deleted all the same",
    events: [up(0, { resources: ["one", "two"] }), act({ do: "rename" }), { do: "follow" }, up(0, { kind: "replace" })],
  },
  {
    title: "an adoption that was advised, and waits for a grace period",
    slots: 3,
    events: [
      struck(0, 4, "killBefore", { stack: "B" }),
      struck(0, 7, "before", {
        stack: "B",
        resources: ["one", "two"],
        policy: { gracePeriod: "3d" },
        adopt: { previous: 0 },
      }),
      act({ do: "addKey" }),
    ],
  },
  {
    title: "a replacement that adopts its own key and fails, the tag removed, and the deletion that is pending",
    events: [
      up(0),
      struck(2, 4, "before", { kind: "replace", resources: ["one", "two"], adopt: { current: 0 } }),
      meanwhile(spec(0, { ...revocation, signer: "current" }), 0, { do: "removeTag" }),
      up(2),
    ],
  },
  {
    title: "a lost reply, a list that is late, and no slot left: it made a key, and is not blocked by others'",
    slots: 3,
    events: [act({ do: "addKey" }), up(0), minutes(3), struck(1, 3, "lostReply", { late: [20] })],
  },
  {
    title:
      "a run that was killed once its key was made, and one that deletes that key, and may make no other: not blocked",
    events: [up(0), struck(1, 7, "killAfter", { slow: 10 }), struck(1, 8, "denied")],
  },
];
