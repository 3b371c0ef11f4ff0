// A client for LiveChat in one file: docs/PROTOCOL.md in the terms of a web page. It resumes, fills holes, and keeps in
// localStorage what is not sent yet. Draw `state`, `chats` and `waiting` on every "change". Needs https, or localhost.
const [AnswerMs, GraceMs, StableMs, BackoffMs, BackoffMaxMs] = [10_000, 10_000, 30_000, 1_000, 30_000];
const StopCodes = new Set([1002, 1003, 1007, 1009]), AtOnce = new Set([4003, 4004, 4006, 4008, 4502]);
const Lost = { type: "error", data: { retryable: true } }, why = ({ detail, title }) => detail ?? title;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const jitter = (tries) => Math.random() * Math.min(BackoffMaxMs, BackoffMs * 2 ** Math.min(tries, 16));
const gate = () => { const made = Promise.withResolvers(); made.promise.catch(() => {}); return made; };

export class LiveChat extends EventTarget {
  state = "connecting"; reason = ""; trouble = ""; // why it is not "connected"; why the server makes us ask again
  chats = new Map(); // id → what is known of a chat, see #chat
  #socket; #since; #epoch; #clock; #goodbye; #pingMs; #lastId = 1; #asked = new Map(); #connected = gate();
  #needsSync = true; #noted = new Map(); #refusals = 0; #wake = () => {};
  constructor({ server, user, getToken }) { // server: http(s)://host[:port]; getToken: gives a token of the user
    super();
    Object.assign(this, { server, user, getToken, prefix: `livechat ${server} ${user} ` });
    addEventListener("online", () => this.#wake());
    addEventListener("storage", ({ key }) => key?.startsWith(this.prefix) && this.#flush()); // written in another tab
    this.#run();
  }
  get waiting() { // the outbox, oldest first; `problem` says why the server refused one
    return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix))
      .map((key) => ({ ...JSON.parse(localStorage[key]), key })).sort((a, b) => a.at - b.at);
  }
  send(chat, text) { // stored first, so that a reload, a crash and a lost connection cost nothing
    const at = Math.max(Date.now(), ...this.waiting.map((former) => former.at + 1));
    this.sendAgain({ key: this.prefix + crypto.randomUUID(), chat, text, at });
  }
  sendAgain(entry) { this.#store({ ...entry, problem: undefined }); this.#flush(); } // under its client id
  discard({ key }) { localStorage.removeItem(key); this.#changed(); }
  #store(entry) { localStorage[entry.key] = JSON.stringify(entry); }
  #flush() { // the lock: one tab sends the messages of a chat, one after the other
    for (const chat of new Set(this.waiting.filter((entry) => !entry.problem).map((entry) => entry.chat)))
      navigator.locks.request(this.prefix + chat, () => this.#sendAll(chat));
    this.#changed();
  }
  async #sendAll(chat) {
    for (let entry; (entry = this.waiting.find((one) => one.chat === chat && !one.problem)); this.#changed()) {
      try {
        await this.ask("message.send", () => {
          entry.client_id ??= this.newClientId(); // at the first transmission, by the server's clock, kept for good
          this.#store(entry);
          return { chat, client_id: entry.client_id, body: { text: entry.text } };
        });
        localStorage.removeItem(entry.key);
      } catch (refused) { // without a code: the client has stopped
        if (refused.code) this.#store({ ...entry, problem: why(refused) }); else return;
      }
    }
  }
  newClientId() { // a UUIDv7; for what `ask` is given, which runs when there is a connection and so a clock
    const time = Math.floor(this.#clock.server + performance.now() - this.#clock.here).toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
  }
  async load(id) { // the latest messages of a chat, or those before what is loaded
    const chat = this.#chat(id), from = chat.messages.size > 0 ? { before_seq: Math.min(...chat.messages.keys()) } : {};
    for (let page; !page || page.head_seq < chat.applied; ) { // again when an edit may have come meanwhile
      const query = { chat: id, limit: 50, view: "messages", min_seq: chat.applied || undefined, ...from };
      page = await this.ask("history", () => query);
      for (const { type, data } of page.items) if (type === "message.created") chat.messages.set(data.seq, data);
      [chat.isLoaded, chat.hasMore] = [true, page.next !== undefined];
    }
    this.#changed();
  }
  async ask(type, make) { // until there is a final answer, over as many connections as that takes
    for (let tries = 0; ; tries++) {
      await this.#connected.promise;
      const answer = await this.#once(type, make());
      if (answer.type !== "error") return answer.data;
      if (!answer.data.retryable) throw answer.data;
      await sleep((answer.data.retry_after_ms ?? 0) + jitter(tries));
    }
  }

  async #run() {
    for (let tries = 0; this.state !== "stopped"; tries++) {
      const end = await this.#connect().catch((error) => ({ reason: `no token: ${error.message}` }));
      if (this.#socket && performance.now() - this.#clock.here >= StableMs) tries = 0;
      if (this.#socket) [this.#socket, this.#refusals, this.#connected] = [undefined, 0, gate()];
      if (end.code === 4008) this.#since = undefined;
      const isFinal = end.code === 4502 ? this.#refusals++ > 0
        : (end.code >= 4500 && end.code < 5000) || StopCodes.has(end.code) || end.reconnect === false;
      this.reason = end.reason ?? (this.trouble || `the connection is lost (${end.code})`);
      [this.state, this.trouble] = [isFinal ? "stopped" : "reconnecting", ""];
      if (isFinal) this.#connected.reject(new Error(this.reason));
      for (const resolve of this.#asked.values()) resolve(Lost);
      this.#changed();
      const pause = end.after_ms ?? (tries === 0 && AtOnce.has(end.code) ? 0 : jitter(tries));
      if (!isFinal) await Promise.race([sleep(pause + Math.random() * 250), new Promise((go) => { this.#wake = go; })]);
    }
  }
  async #connect() { // how the connection ended
    const token = await this.getToken(), { promise: ended, resolve: end } = Promise.withResolvers();
    const socket = new WebSocket(`${this.server.replace(/^http/, "ws")}/v1/realtime`, "livechat.v1.json");
    let deaf, leave = () => { socket.close(); end({ code: 4003, reason: "the server does not answer" }); };
    const listen = (ms) => { clearTimeout(deaf); deaf = setTimeout(leave, ms); };
    listen(AnswerMs);
    this.#goodbye = {};
    socket.onopen = () => this.#post(socket, "connect", { token, since: this.#since }, 1);
    socket.onclose = ({ code }) => end({ code, ...this.#goodbye });
    socket.onmessage = ({ data }) => {
      for (const line of data.split("\n")) if (line.trim()) this.#hear(JSON.parse(line), socket);
      listen(this.#goodbye.code ? GraceMs / 2 : this.#pingMs + GraceMs);
    };
    return ended.finally(() => clearTimeout(deaf));
  }
  #post(socket, type, data, id) { if (socket.readyState === 1) socket.send(JSON.stringify({ type, id, data })); }
  #changed() { this.dispatchEvent(new Event("change")); }
  async #once(type, data) { // lost when the connection ended, or is closed because it says nothing
    const socket = this.#socket, id = ++this.#lastId, { promise, resolve } = Promise.withResolvers();
    if (!socket) return Lost;
    this.#asked.set(id, resolve);
    resolve.timer = setTimeout(() => { socket.close(); resolve(Lost); }, AnswerMs);
    this.#post(socket, type, data, id);
    return promise.finally(() => { clearTimeout(resolve.timer); this.#asked.delete(id); });
  }
  #hear({ type, re, data }, socket) {
    if (type === "ready") this.#begin(data, socket);
    else if (type === "goodbye") this.#goodbye = { ...data, ...this.#goodbye };
    else if (type === "error" && re === 1) this.#goodbye = { reason: why(data) };
    else if (type === "accepted") clearTimeout(this.#asked.get(re)?.timer);
    else if (re !== undefined) this.#asked.get(re)?.({ type, data });
    else if (type === "ping") {
      this.#post(socket, "pong");
      if (data?.since && !this.#needsSync) this.#since = data.since; // all before it is applied or noted by now
    } else if (type === "token.expiring") this.getToken().then((token) => this.#once("auth", { token }), () => {});
    else if (type === "receipts")
      data.items.forEach((item) => item.user === this.user && this.#wasRead(this.#chat(data.chat), item.read_n));
    else if (data?.seq) this.#take(type, data);
    if (re > 1) this.trouble = type === "error" && data.retryable ? why(data) : "";
    this.#changed();
  }
  #begin(ready, socket) {
    if (this.#epoch && this.#epoch !== ready.epoch) this.chats.clear(); // another store: only the outbox is kept
    this.#needsSync ||= this.#epoch !== ready.epoch || ready.resume === "fresh";
    [this.#epoch, this.#pingMs, this.#socket, this.state] = [ready.epoch, ready.ping_ms, socket, "connected"];
    this.#clock = { server: Date.parse(ready.server_time), here: performance.now() };
    for (const { chat, head_seq } of ready.behind ?? []) this.#note(chat, head_seq);
    if (this.#needsSync) this.#sync(); else this.#since = ready.since;
    this.#connected.resolve();
    this.#flush();
  }

  #chat(id) {
    const fresh = { id, applied: 0, head: 0, n: 0, readN: 0, time: "", messages: new Map() };
    return this.chats.get(id) ?? this.chats.set(id, fresh).get(id);
  }
  async #sync(page = {}, items = []) { // over one connection: the next one begins anew
    do {
      const answer = await this.#once("sync", { cursor: page.next });
      if (answer.type !== "sync") return this.#socket?.close();
      items.push(...(page = answer.data).items);
    } while (page.next);
    [this.#needsSync, this.#since] = [false, page.since];
    for (const { chat: id, head_seq, head_n, unread, head_time: time, title, with: other } of items) {
      const chat = Object.assign(this.#chat(id), { title, with: other, time });
      if (!chat.applied) [chat.applied, chat.n] = [head_seq, head_n]; // what was before is history
      this.#wasRead(chat, head_n - unread);
      this.#note(id, head_seq);
    }
    for (const [id, seq] of this.#noted) this.#note(id, seq);
    this.#noted.clear();
    this.#changed();
  }
  #wasRead(chat, n = 0) { chat.readN = Math.max(chat.readN, n); }
  #note(id, seq) {
    if (this.#needsSync) return this.#noted.set(id, Math.max(seq, this.#noted.get(id) ?? 0));
    const chat = this.#chat(id);
    if (chat.applied < (chat.head = Math.max(chat.head, seq))) this.#pull(chat);
  }
  #take(type, data) {
    if (this.#needsSync) return this.#note(data.chat, data.seq);
    const chat = this.#chat(data.chat);
    if (!chat.applied && data.users?.includes(this.user)) chat.applied = data.seq - 1; // the stay begins here
    if (chat.isPulling || type === "chat.head" || data.seq > chat.applied + 1) this.#note(data.chat, data.seq);
    else this.#apply(type, data, chat);
  }
  async #pull(chat) { // a hole, or heads instead of events
    if (chat.isPulling) return;
    for (chat.isPulling = true; chat.applied < chat.head && this.chats.get(chat.id) === chat; this.#changed()) {
      const query = { chat: chat.id, after_seq: chat.applied, min_seq: chat.head, view: "events", limit: 100 };
      const page = await this.ask("history", () => query).catch(() => ({ items: [], head_seq: 0 })); // no chat of ours
      for (const { type, data } of page.items.sort((a, b) => a.data.seq - b.data.seq)) this.#apply(type, data, chat);
      if (page.next === undefined) chat.applied = Math.max(chat.applied, page.head_seq, query.min_seq);
    }
    chat.isPulling = false;
  }
  #apply(type, data, chat) {
    if (data.seq <= chat.applied) return;
    Object.assign(chat, { applied: data.seq, n: Math.max(chat.n, data.n), time: data.sent_at });
    if (type === "message.created") chat.messages.set(data.seq, data);
    const target = chat.messages.get(data.target);
    if (target && type === "message.edited") Object.assign(target, { body: data.body, edited_seq: data.seq });
    if (target && type === "message.deleted") Object.assign(target, { body: undefined, deleted_seq: data.seq });
    if (type !== "message.created" || data.sender !== this.user) return;
    this.#wasRead(chat, data.n);
    for (const { key, client_id } of this.waiting) if (client_id === data.client_id) localStorage.removeItem(key);
  }
}
