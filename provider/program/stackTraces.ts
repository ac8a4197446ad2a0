/**
 * Takes no stack traces until the returned function is called. Pulumi's SDK takes four for each property of a resource, for
 * its search for forgotten promises: three milliseconds a resource where ts-node maps each frame back to TypeScript, a
 * quarter of a preview of many. Where a resource stands in the program is recorded all the same: the SDK asks for that by itself.
 */
export function withoutStackTraces(env: NodeJS.ProcessEnv = process.env): () => void {
  // Whoever searches for promises wants them.
  if (env.PULUMI_DEBUG_PROMISE_LEAKS) return () => {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
}
