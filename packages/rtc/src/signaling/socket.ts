/** The port to a message socket: what the signaling needs of a WebSocket. */
export interface Socket {
  /** Sends one text frame. Only between `opened` and `closed`. */
  send(text: string): void;
  /** Closes with this code, 1000 or 3000 … 4999; `closed` may still follow. */
  close(code: number): void;
}

/** What a socket tells, each once and in this order; only `received` any number of times. */
export interface SocketListener {
  opened(): void;
  received(text: string): void;
  /** The socket is closed, or could not be opened; `code` is the WebSocket close code. */
  closed(code: number): void;
}

/** Begins to open a socket. The listener hears nothing before this has returned. */
export type OpenSocket = (url: string, protocol: string, listener: SocketListener) => Socket;
