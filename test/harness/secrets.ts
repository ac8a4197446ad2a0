/** Every secret that an endpoint gave out during this run of the tests, and what the tests printed meanwhile. */
const given = new Set<string>();
let printed = "";

export function remember(secret: string): void {
  if (secret) given.add(secret);
}

/** The secrets that a text holds: in clear, in base64, or URL-encoded. Their first letters only, for the message. */
export function secretsIn(text: string): string[] {
  return [...given]
    .filter((secret) =>
      [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)].some((form) => text.includes(form)),
    )
    .map((secret) => `${secret.slice(0, 4)}…`);
}

/** From now on what is printed is kept for the search at the end. */
export function keepOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = ((chunk: unknown, ...rest: unknown[]) => {
      printed += typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString();
      return write(chunk, ...rest);
    }) as typeof stream.write;
  }
}

export function secretsPrinted(): string[] {
  return secretsIn(printed);
}
