import { LiveChat } from "./livechat.js";
import { Conversation } from "./conversation.js";
import { getToken, server } from "./settings.js";

// Who the visitor is; your backend knows, here a name is made up once.
const user = localStorage.customer ??= `customer-${crypto.randomUUID().slice(0, 8)}`;

const client = new LiveChat({ server, user, getToken: () => getToken(user) });
const conversation = new Conversation(client, document.querySelector(".conversation"), "Talk to us");

// The direct chat of two users is one, however often it is made.
const { chat } = await client.ask("chat.create", () => ({ client_id: client.newClientId(), direct: "agent" }));
await conversation.show(chat);
