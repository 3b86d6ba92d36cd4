// Serves the page beside it, and tokens: `RINGBACK_API_KEY=... node token-server.mjs`, then http://localhost:3000.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const PLATFORM = process.env.RINGBACK_URL ?? "http://127.0.0.1:8080";
const API_KEY = process.env.RINGBACK_API_KEY; // it never leaves this server
const PORT = Number(process.env.PORT ?? "3000");
const REQUEST_LIMIT = 1000; // bytes
if (!API_KEY) throw new Error("RINGBACK_API_KEY is not set");

/** Your login belongs here: whoever gets a token is this identity to everybody. For a trial, the page chooses. */
async function whoAsks(request) {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += part;
    if (text.length > REQUEST_LIMIT) throw new SyntaxError("Too long");
  }
  return JSON.parse(text)?.identity ?? null;
}

async function askForToken(identity) {
  const answer = await fetch(`${PLATFORM}/webrtc/1/token`, {
    method: "POST",
    headers: { Authorization: `App ${API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ identity, timeToLive: 3600 }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw Object.assign(new Error(`The platform answers ${answer.status}`), { status: answer.status });
  return (await answer.json()).token;
}

async function answer(request) {
  if (request.method === "GET" && request.url === "/") {
    return [200, "text/html; charset=utf-8", await readFile(new URL("index.html", import.meta.url))];
  }
  if (request.method !== "POST" || request.url !== "/token") return [404, "text/plain", "Not here"];
  try {
    const token = await askForToken(await whoAsks(request));
    return [200, "application/json", JSON.stringify({ token, url: PLATFORM })];
  } catch (error) {
    if (error instanceof SyntaxError) return [400, "text/plain", "This is not JSON"];
    return [error.status === 400 ? 400 : 502, "text/plain", `The platform gives no token: ${error.message}`];
  }
}

createServer(async (request, response) => {
  const [status, type, body] = await answer(request);
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(body);
}).listen(PORT, "127.0.0.1");
