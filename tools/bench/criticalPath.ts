/** A call as the proxy saw it, in milliseconds. */
export interface Span {
  action: string;
  startedAt: number;
  endedAt?: number;
}

/** The longest row of calls of which each began after the one before it had ended. */
export function inSequence(calls: readonly Span[]): number {
  const ended = calls.map(({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => ({ startedAt, endedAt }));
  let length = 0;
  let free = Number.NEGATIVE_INFINITY;
  // Whichever ends first leaves most room for others.
  for (const { startedAt, endedAt } of ended.sort((a, b) => a.endedAt - b.endedAt)) {
    if (startedAt < free) continue;
    length++;
    free = endedAt;
  }
  return length;
}

/** What rules ask for: calls side by side within a step, the steps in sequence. */
export type Steps = string[][];

/** How the calls that were made differ from those that rules ask for, in words; empty if they don't. */
export function differences(made: readonly Span[], needed: Steps): string[] {
  const count = (actions: string[]) => {
    const counts = new Map<string, number>();
    for (const action of actions) counts.set(action, (counts.get(action) ?? 0) + 1);
    return counts;
  };
  const [is, should] = [count(made.map(({ action }) => action)), count(needed.flat())];
  return [...new Set([...is.keys(), ...should.keys()])].flatMap((action) => {
    const extra = (is.get(action) ?? 0) - (should.get(action) ?? 0);
    if (extra === 0) return [];
    return extra > 0 ? `${extra} more ${action} than rules ask for` : `${-extra} fewer ${action} than rules ask for`;
  });
}

/** The calls in the order in which they came, those that overlap joined by a plus. */
export function inOrder(calls: readonly Span[]): string {
  const steps: { actions: string[]; end: number }[] = [];
  for (const { action, startedAt, endedAt = Number.POSITIVE_INFINITY } of calls) {
    const last = steps.at(-1);
    if (last && startedAt < last.end) {
      last.actions.push(action);
      last.end = Math.min(last.end, endedAt);
    } else steps.push({ actions: [action], end: endedAt });
  }
  return steps.map(({ actions }) => actions.sort().join(" + ")).join(", ");
}
