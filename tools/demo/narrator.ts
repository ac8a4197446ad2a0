/** Writes the story: steps, commands, what they printed, and what it means. Never a secret. */
export class Narrator {
  #steps = 0;
  readonly #secrets = new Set<string>();
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** From now on this text shows as stars. */
  hide(secret: string): void {
    this.#secrets.add(secret);
  }

  step(title: string): void {
    this.#steps += 1;
    this.line(`\n${this.#steps}. ${title}\n`);
  }

  command(text: string): void {
    this.line(`   $ ${text}`);
  }

  printed(text: string): void {
    for (const line of text.split("\n")) this.line(line === "" ? "" : `   ${line}`);
    this.line("");
  }

  meaning(text: string): void {
    this.line(`=> ${text}`);
  }

  line(text: string): void {
    this.#write(`${this.masked(text)}\n`);
  }

  masked(text: string): string {
    return [...this.#secrets].reduce((shown, secret) => shown.replaceAll(secret, "*".repeat(8)), text);
  }
}
