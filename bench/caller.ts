/** One HTTP call of a load after the other, at a tenth of what Node's own client costs: it would take the core that the server is measured on. */
import { connect, type Socket } from "node:net";
import type { Call } from "./call.ts";

const BUFFER_BYTES = 1 << 16;

interface Waiting {
  readonly text: string;
  /** On a new connection; a kept one may have been closed since its last answer. */
  readonly isFresh: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** A client with one connection, kept from call to call or new for each. Understands answers that say their length. */
export class Caller {
  readonly #port: number;
  readonly #isKept: boolean;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  #head = "";
  /** Bytes of the answer that have yet to come; undefined before its head has. */
  #left: number | undefined;

  constructor(url: string, isKept: boolean) {
    this.#port = Number(new URL(url).port);
    this.#isKept = isKept;
  }

  /** Rejects unless the answer has status 200. */
  send(call: Call): Promise<void> {
    return this.#send(this.#textOf(call));
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #textOf({ method, path, body }: Call): string {
    const payload = body === undefined ? "" : JSON.stringify(body);
    const content =
      body === undefined ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n`;
    const connection = this.#isKept ? "keep-alive" : "close";
    return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.#port}\r\nconnection: ${connection}\r\n${content}\r\n${payload}`;
  }

  #send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const isFresh = this.#socket === undefined;
      this.#socket ??= this.#connect();
      this.#waiting = { text, isFresh, resolve, reject };
      this.#head = "";
      this.#left = undefined;
      this.#socket.write(text);
    });
  }

  #connect(): Socket {
    const socket: Socket = connect({
      port: this.#port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: this.#buffer,
        callback: (size) => {
          if (socket === this.#socket) this.#read(size);
          return true;
        },
      },
    });
    const ended = (error?: Error) => {
      if (socket === this.#socket) this.#ended(error);
    };
    socket.on("error", ended);
    socket.on("close", () => ended());
    return socket;
  }

  #read(size: number): void {
    if (this.#left === undefined) {
      this.#head += this.#buffer.toString("latin1", 0, size);
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1];
      if (length === undefined) this.#fail(`An answer without content-length: ${this.#head.slice(0, end)}`);
      this.#left = Number(length) - (this.#head.length - end - 4);
    } else this.#left -= size;
    if (this.#left <= 0) this.#done();
  }

  #done(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!this.#head.startsWith("HTTP/1.1 200 ")) waiting?.reject(new Error(this.#head.slice(0, 600)));
    if (!this.#isKept || /\r\nconnection: close/i.test(this.#head)) this.close();
    waiting?.resolve();
  }

  #ended(error: Error | undefined): void {
    const waiting = this.#waiting;
    this.#socket = undefined;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    if (waiting.isFresh || this.#head !== "")
      waiting.reject(error ?? new Error("The server closed the connection before it had answered."));
    else this.#send(waiting.text).then(waiting.resolve, waiting.reject);
  }

  #fail(reason: string): void {
    const waiting = this.#waiting;
    this.close();
    waiting?.reject(new Error(reason));
  }
}
