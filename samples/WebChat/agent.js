import { LiveChat } from "./livechat.js";
import { Conversation, element, unread } from "./conversation.js";
import { getToken, server } from "./settings.js";

const user = "agent";
const client = new LiveChat({ server, user, getToken: () => getToken(user) });
const conversation = new Conversation(client, document.querySelector(".conversation"), "Choose a chat");
const list = document.querySelector(".chats"), rows = new Map();

const nameOf = (chat) => chat.title ?? chat.with ?? "…";

// A chat that began while the page is open came as an event, which does not say who the other is.
async function ask(chat) {
  const details = await client.ask("chat.get", () => ({ chat: chat.id })).catch(() => null);
  chat.with = details?.members.find((member) => member.user !== user)?.user;
  draw();
}

function rowOf(chat) {
  if (rows.has(chat.id)) return rows.get(chat.id);
  const row = element("button");
  row.type = "button";
  row.append(element("span"), element("b"));
  row.addEventListener("click", () => conversation.show(chat.id).then(draw));
  rows.set(chat.id, row);
  if (nameOf(chat) === "…") ask(chat);
  return row;
}

function draw() {
  const chats = [...client.chats.values()].sort((a, b) => b.time.localeCompare(a.time));
  for (const chat of chats) {
    const row = rowOf(chat), count = unread(chat);
    row.className = chat.id === conversation.id ? "chosen" : "";
    row.firstChild.textContent = nameOf(chat);
    row.lastChild.textContent = count || "";
    row.lastChild.hidden = count === 0;
    if (chat.id === conversation.id) conversation.title.textContent = nameOf(chat);
  }

  // Only when the order has changed: a row that is moved loses the focus, and the click that has begun.
  if (chats.some((chat, at) => list.children[at] !== rows.get(chat.id)) || list.children.length !== chats.length)
    list.replaceChildren(...chats.map(rowOf));
  const all = chats.reduce((sum, chat) => sum + unread(chat), 0);
  document.title = all > 0 ? `(${all}) Agent` : "Agent";
}

client.addEventListener("change", draw);
draw();
