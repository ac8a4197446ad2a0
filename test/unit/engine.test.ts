import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { engineAt } from "../../provider/act/engine";

describe("the engine that asked for an operation", () => {
  it("is gone when nobody listens any more, and not before", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1").unref(), "listening");
    const { isGone } = engineAt(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.equal(await isGone(), false);
    await once(server.close(), "close");
    assert.equal(await isGone(), true);
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

  it("is not gone because this machine can open no more connections", async () => {
    const { connect } = Socket.prototype;
    Socket.prototype.connect = function (this: Socket) {
      process.nextTick(() => this.emit("error", Object.assign(new Error("too many open files"), { code: "EMFILE" })));
      return this;
    } as typeof connect;
    try {
      assert.equal(await engineAt("127.0.0.1:1").isGone(), false);
    } finally {
      Socket.prototype.connect = connect;
    }
  });

  it("is gone on the other loopback as well", async () => {
    const server = createServer();
    await once(server.listen(0, "::1").unref(), "listening");
    const { isGone } = engineAt(`[::1]:${(server.address() as AddressInfo).port}`);
    assert.equal(await isGone(), false);
    await once(server.close(), "close");
    assert.equal(await isGone(), true);
  });

  /** What comes of each connection that is tried, instead of one. */
  const instead = async (happens: (socket: Socket) => void, run: () => Promise<void>) => {
    const { connect } = Socket.prototype;
    Socket.prototype.connect = function (this: Socket) {
      process.nextTick(() => happens(this));
      return this;
    } as typeof connect;
    try {
      await run();
    } finally {
      Socket.prototype.connect = connect;
    }
  };

  it("is asked once before each step, and no longer, as long as it answers", async () => {
    let asked = 0;
    const answers = (socket: Socket) => {
      asked += 1;
      socket.emit("connect");
    };
    await instead(answers, async () => assert.equal(await engineAt("127.0.0.1:1").isGone(), false));
    assert.equal(asked, 1);
  });

  it("is not gone because it is slow to answer", async () => {
    await instead(
      (socket) => socket.emit("timeout"),
      async () => assert.equal(await engineAt("127.0.0.1:1").isGone(), false),
    );
  });

  it("is not gone because it was deaf once", async () => {
    let asked = 0;
    const refuses = (socket: Socket) => {
      asked += 1;
      if (asked > 1) socket.emit("connect");
      else socket.emit("error", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
    };
    await instead(refuses, async () => assert.equal(await engineAt("127.0.0.1:1").isGone(), false));
    assert.equal(asked, 2);
  });

  it("is not looked for where nobody said where it listens, or elsewhere than on this machine", async () => {
    const refuses = (socket: Socket) =>
      socket.emit("error", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
    await instead(refuses, async () => {
      for (const address of [undefined, "", "example.com:80", "10.127.0.0.1:1", "127.0.0.1:1/x", "127.0.0.1"]) {
        assert.equal(await engineAt(address).isGone(), false, address);
      }
    });
  });

  it("gives each operation a short id of its own, of letters that a tag may hold", () => {
    const { newId } = engineAt(undefined);
    const ids = Array.from({ length: 100 }, newId);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}$/);
    assert.equal(new Set(ids).size, 100);
  });
});
