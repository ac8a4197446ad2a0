import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { engineAt } from "../../provider/act/engine";

describe("the engine that asked for an operation", () => {
  for (const host of ["127.0.0.1", "::1"]) {
    it(`is gone when nobody listens any more at ${host}, and not before`, async () => {
      const server = createServer();
      await once(server.listen(0, host).unref(), "listening");
      const { port } = server.address() as AddressInfo;
      const { isGone } = engineAt(host === "::1" ? `[::1]:${port}` : `${host}:${port}`);
      assert.equal(await isGone(), false);
      await once(server.close(), "close");
      assert.equal(await isGone(), true);
    });
  }

  /** What comes of each connection that is tried, instead of one; the last one again and again. */
  async function asked(ends: ((socket: Socket) => void)[], addresses: (string | undefined)[] = ["127.0.0.1:1"]) {
    const { connect } = Socket.prototype;
    let tried = 0;
    Socket.prototype.connect = function (this: Socket) {
      const end = ends[Math.min(tried++, ends.length - 1)];
      process.nextTick(() => end?.(this));
      return this;
    } as typeof connect;
    try {
      for (const address of addresses) assert.equal(await engineAt(address).isGone(), false, address);
    } finally {
      Socket.prototype.connect = connect;
    }
    return tried;
  }
  const connects = (socket: Socket) => socket.emit("connect");
  const fails = (code: string) => (socket: Socket) => socket.emit("error", Object.assign(new Error(code), { code }));

  it("is asked once before each step, and no longer, as long as it answers", async () => {
    assert.equal(await asked([connects]), 1);
  });
  it("is not gone because this machine can open no more connections", () => asked([fails("EMFILE")]));
  it("is not gone because it is slow to answer", () => asked([(socket) => socket.emit("timeout")]));
  it("is not gone because it was deaf once", async () => {
    assert.equal(await asked([fails("ECONNREFUSED"), connects]), 2);
  });
  it("is not looked for where nobody said where it listens, or elsewhere than on this machine", async () => {
    const elsewhere = [undefined, "", "example.com:80", "10.127.0.0.1:1", "127.0.0.1:1/x", "127.0.0.1"];
    assert.equal(await asked([fails("ECONNREFUSED")], elsewhere), 0);
  });

  it("is left by ending the process", () => {
    const { exit } = process;
    let code: unknown;
    process.exit = ((at: unknown) => {
      code = at;
    }) as typeof exit;
    try {
      engineAt(undefined).leave();
    } finally {
      process.exit = exit;
    }
    assert.equal(code, 1);
  });

  it("gives each operation a short id of its own, of letters that a tag may hold", () => {
    const { newId } = engineAt(undefined);
    const ids = Array.from({ length: 100 }, newId);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}$/);
    assert.equal(new Set(ids).size, 100);
  });
});
