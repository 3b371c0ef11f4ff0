// The part that both pages have: one conversation, what is waiting to be sent, a field to write in. What others wrote
// is only ever set as text, never as HTML.

const MarkMs = 1_000;

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(text, act) {
  const made = element("button", "link", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

export const unread = (chat) => Math.max(0, chat.n - chat.readN);

const timeOf = (iso) => new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

// Shows a chat in `place`, which is empty before, and draws it again on every change.
export class Conversation {
  #client; #status = element("span", "status"); #list = element("div", "messages"); #field = element("textarea");
  #id; #drawn; #markedAt = 0;

  constructor(client, place, title) {
    this.#client = client;
    this.title = element("h2", "", title);
    this.#status.role = "status";
    this.#list.role = "log";
    const field = Object.assign(this.#field, { ariaLabel: "Message", placeholder: "Write a message …", rows: 1 });
    field.disabled = true;
    const header = element("header"), form = element("form", "write");
    header.append(this.title, this.#status);
    form.append(field, element("button", "", "Send"));
    place.append(header, this.#list, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#id || !field.value.trim()) return;
      client.send(this.#id, field.value.trim());
      field.value = "";
      this.#list.scrollTop = this.#list.scrollHeight;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    document.addEventListener("visibilitychange", () => this.draw());
    client.addEventListener("change", () => this.draw());
    this.draw();
  }

  get id() { return this.#id; }

  async show(id) {
    this.#id = id;
    this.#field.disabled = false;
    this.draw();
    if (!this.#client.chats.get(id)?.isLoaded) await this.#client.load(id);
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  draw() {
    const { state, reason, trouble } = this.#client;
    const well = { connected: "Connected", connecting: "Connecting …" }[state];
    this.#status.textContent = trouble ? `${trouble} Trying again …` : well ?? `Away: ${reason}`;
    this.#status.dataset.state = trouble ? "trouble" : state;
    if (!this.#id) return;
    const chat = this.#client.chats.get(this.#id) ?? { messages: new Map() };
    this.#mark(chat);
    const waiting = this.#client.waiting.filter((entry) => entry.chat === this.#id);
    const drawn = JSON.stringify([this.#id, [...chat.messages.values()], waiting, chat.hasMore]);
    if (drawn === this.#drawn) return; // what a person has selected stays selected
    this.#drawn = drawn;
    const isAtEnd = this.#list.scrollTop + this.#list.clientHeight >= this.#list.scrollHeight - 40;
    const rows = [...chat.messages.values()].sort((a, b) => a.seq - b.seq).map((message) => this.#message(message));
    if (chat.hasMore) rows.unshift(button("Earlier messages", () => this.#client.load(this.#id)));
    for (const entry of waiting) rows.push(this.#waiting(entry));
    this.#list.replaceChildren(...rows);
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #message({ sender, sent_at, body, edited_seq }) {
    const row = element("article", sender === this.#client.user ? "own" : "other");
    row.append(element("p", body ? "" : "deleted", body ? body.text : "This message was deleted."));
    row.append(element("small", "", `${sender} · ${timeOf(sent_at)}${edited_seq && body ? " · edited" : ""}`));
    return row;
  }

  #waiting(entry) {
    const row = element("article", entry.problem ? "own failed" : "own waiting");
    const line = element("small", "", entry.problem ? `Not sent: ${entry.problem} ` : "Sending …");
    if (entry.problem)
      line.append(button("Send again", () => this.#client.sendAgain(entry)), " ",
        button("Discard", () => this.#client.discard(entry)));
    row.append(element("p", "", entry.text), line);
    return row;
  }

  // What is on the screen was read; told at most once a second.
  #mark(chat) {
    const wait = this.#markedAt + MarkMs - performance.now();
    if (!unread(chat) || !chat.isLoaded || document.hidden || this.#client.state !== "connected") return;
    if (wait > 0) return void setTimeout(() => this.draw(), wait);
    this.#markedAt = performance.now();
    chat.readN = chat.n;
    this.#client.ask("mark", () => ({ chat: chat.id, read: chat.applied })).catch(() => {});
  }
}
