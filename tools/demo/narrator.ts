/** Letters tell keys apart where ids of twenty letters differ in the last ones. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Writes the story: steps, commands, what they printed, and what it means. Never a secret; keys by letters, in the order in which they are told of. */
export class Narrator {
  #steps = 0;
  readonly #secrets = new Set<string>();
  readonly #ids: string[] = [];
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
    const shown = [...this.#secrets].reduce((rest, secret) => rest.replaceAll(secret, "*".repeat(8)), text);
    return shown.replace(/\bAKIA\w{16}\b/g, (id) => {
      if (!this.#ids.includes(id)) this.#ids.push(id);
      return `AKIA…${LETTERS[this.#ids.indexOf(id)] ?? id}`;
    });
  }
}
