// A client written from docs/PROTOCOL.md alone, on the package ws: chats with the user `bob` and tries what a WebSocket
// may do. Ends with 0 and one line of JSON when all went as it should.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import WebSocket from "ws";

const { url, token, chat } = JSON.parse(process.argv[2]);
const patience = 20_000;
const frameBytesMax = 65_536;

function clientId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

class Session {
  pings = 0;
  #frames = [];
  #waiting = [];

  static async open() {
    const session = new Session();
    session.socket = new WebSocket(url, "livechat.v1.json");
    session.socket.on("message", (data, isBinary) => session.#hear(data, isBinary));
    session.closed = new Promise((done) =>
      session.socket.on("close", (code) => done(code)));
    await new Promise((done, failed) => session.socket.on("open", done).on("error", failed));
    assert.equal(session.socket.protocol, "livechat.v1.json");
    assert.equal(session.socket.extensions, "");
    return session;
  }

  static async connect() {
    const session = await Session.open();
    session.send({ type: "connect", id: 1, data: { token, device: "ws" } });
    session.ready = await session.next((frame) => frame.type === "ready");
    return session;
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  // As text in pieces, cut wherever the bytes happen to be, and a ping between the first two.
  sendInPieces(text, pieceBytes) {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const fin = at + pieceBytes >= bytes.length;
      this.socket.send(bytes.subarray(at, at + pieceBytes), { binary: false, fin });
      if (at === 0 && !fin) this.socket.ping("between");
    }
  }

  next(wanted) {
    const at = this.#frames.findIndex(wanted);
    if (at >= 0) return Promise.resolve(this.#frames.splice(at, 1)[0]);
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error(`Nothing came for ${wanted}`)), patience);
      this.#waiting.push({ wanted, done: (frame) => (clearTimeout(timer), done(frame)) });
    });
  }

  pong(said) {
    return new Promise((done, failed) => {
      const timer = setTimeout(() => failed(new Error("no pong")), patience);
      this.socket.on("pong", (data) => {
        if (data.toString() === said) (clearTimeout(timer), done());
      });
    });
  }

  #hear(data, isBinary) {
    assert.equal(isBinary, false);
    for (const line of data.toString().split("\n").filter((line) => line.trim())) {
      const frame = JSON.parse(line);
      if (frame.type === "ping") {
        this.pings++;
        this.send({ type: "pong" });
      }
      const at = this.#waiting.findIndex(({ wanted }) => wanted(frame));
      if (at >= 0) this.#waiting.splice(at, 1)[0].done(frame);
      else this.#frames.push(frame);
    }
  }
}

const message = (id, text) =>
  ({ type: "message.send", id, data: { chat, client_id: clientId(), body: { text } } });

const session = await Session.connect();
assert.equal(session.ready.data.limits.frame_bytes, frameBytesMax);

// Masked (as ws always does), in one piece; then in pieces of 7 bytes that cut characters, with a ping in between.
session.send(message(2, "hello from ws"));
assert.equal((await session.next((frame) => frame.re === 2)).type, "ack");
const between = session.pong("between");
session.sendInPieces(JSON.stringify(message(3, "in pieces: ä € 😀 𝔸 👩🏽‍💻")), 7);
await between;
assert.equal((await session.next((frame) => frame.re === 3)).type, "ack");

// A ping of the protocol of WebSockets; the longest there may be.
const longest = "p".repeat(125);
const pong = session.pong(longest);
session.socket.ping(longest);
await pong;

// The longest message that is taken, in one frame and in two.
for (const [id, pieces] of [[4, 1], [5, 2]]) {
  const frame = message(id, `of 64 KB, ${pieces}`);
  frame.filler = "";
  frame.filler = "x".repeat(frameBytesMax - Buffer.byteLength(JSON.stringify(frame)));
  const text = JSON.stringify(frame);
  assert.equal(Buffer.byteLength(text), frameBytesMax);
  if (pieces === 1) session.socket.send(text);
  else session.sendInPieces(text, 40_000);
  assert.equal((await session.next((frame) => frame.re === id)).type, "ack");
}

// What the other one says, and an answer to it.
const heard = await session.next((frame) => frame.type === "message.created" && frame.data.sender === "bob");
session.send(message(6, `you said ${heard.data.body.text}`));
assert.equal((await session.next((frame) => frame.re === 6)).type, "ack");

// Long enough for two pings of the server, without which it would close.
while (session.pings < 2) await new Promise((done) => setTimeout(done, 100));

// A clean end; and the ends that a server gives.
session.socket.close(1000, "done");
const codes = [await session.closed];
for (const breakIt of [
  (broken) => broken.socket.send(Buffer.from([1, 2, 3])),
  (broken) => broken.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false }),
  (broken) => broken.socket.send("x".repeat(frameBytesMax + 1)),
  (broken) => broken.socket.close(4999, "a code of one's own"),
]) {
  const broken = await Session.connect();
  breakIt(broken);
  codes.push(await broken.closed);
}

console.log(JSON.stringify({ heard: heard.data.body.text, codes }));
