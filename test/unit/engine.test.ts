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

  it("is not looked for where nobody said where it listens", async () => {
    assert.equal(await engineAt(undefined).isGone(), false);
    assert.equal(await engineAt("example.com:80").isGone(), false);
  });
});
