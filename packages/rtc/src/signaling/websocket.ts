import { invalidArgument } from "../api/error-code.js";
import type { OpenSocket } from "./socket.js";

/** Opens the browser's own WebSocket. */
export const openWebSocket: OpenSocket = (url, protocol, listener) => {
  const socket = new WebSocket(url, protocol);
  socket.addEventListener("open", () => listener.opened());
  socket.addEventListener("message", ({ data }) => listener.received(String(data)));
  socket.addEventListener("close", ({ code }) => listener.closed(code));
  return {
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
  };
};

const SOCKET_SCHEMES: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

/**
 * Where the signaling of a platform is.
 *
 * @throws RtcError of `INVALID_REQUEST` when the base is no URL of http, https, ws or wss.
 */
export function signalingUrl(base: string): string {
  const url = URL.canParse(base) ? new URL(base) : null;
  const scheme = SOCKET_SCHEMES[url?.protocol ?? ""];
  if (url === null || scheme === undefined) throw invalidArgument(`Not a URL of http, https, ws or wss: ${base}`);
  const path = url.pathname.replace(/\/+$/, "");
  return `${scheme}//${url.host}${path}/rtc/v1`;
}
