// What differs from installation to installation.

// The server; its option LiveChat:Origins lists the origin of these pages.
export const server = "http://127.0.0.1:8080";

// A token of a user. This one works with `livechat serve --dev` alone, which gives anybody a token of any user. In
// production ask your own backend, which knows who is signed in and gets the token with its server key:
//   const answer = await fetch("/chat-token", { method: "POST" });
export async function getToken(user) {
  const answer = await fetch(`${server}/v1/dev/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user }),
  });
  if (!answer.ok) throw new Error(`the token was refused (${answer.status})`);
  return (await answer.json()).token;
}
