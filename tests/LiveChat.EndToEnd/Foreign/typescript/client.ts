// A client whose types are made from the server's own description of its API.
import type { paths, components } from "./api";

type Sent = paths["/v1/chats/{chat}/messages"]["post"]["requestBody"]["content"]["application/json"];
type Page = paths["/v1/chats/{chat}/events"]["get"]["responses"]["200"]["content"]["application/json"];
type Refused = components["schemas"]["Problem"];

const [url, token, chat] = process.argv.slice(2) as [string, string, string];

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error((await answer.json() as Refused).code);
  return await answer.json() as T;
}

const said: Sent = { body: { text: "hello from TypeScript" } };
const sent = await call<components["schemas"]["Ack"]>("POST", `/v1/chats/${chat}/messages`, said);
const page = await call<Page>("GET", `/v1/chats/${chat}/events?min_seq=${sent.seq}`);
const texts = page.items.flatMap(event => event.type === "message.created" ? [event.data.body?.text] : []);
console.log(JSON.stringify(texts));
