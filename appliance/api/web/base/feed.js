// The events as they come, with a mark after each silence: by WebSocket, or by Server-Sent Events where none comes through,
// as with the defaults of nginx. Both have onopen, onmessage (with an event or a mark), onclose, and close().

import { at } from "./session.js";

const OPEN_MS = 10_000; // until an attempt is given up: a proxy that swallows it, or a lost packet, gives no answer

let blocked = false; // no WebSocket comes through

/** The events after `since`. */
export const follow = (since) => (blocked ? byStream : bySocket)(`/v1/events?since=${since}`);

function bySocket(path) {
  const socket = new WebSocket(at(path).replace(/^http/, "ws"), ["intercomd.v1.since"]);
  let opened = false;
  const feed = { close: () => {
    opened = true; // it was not the proxy that closed it
    socket.close();
  } };
  setTimeout(() => opened || socket.close(), OPEN_MS);
  socket.onopen = () => {
    opened = true;
    feed.onopen();
  };
  socket.onmessage = ({ data }) => feed.onmessage(JSON.parse(data));
  socket.onclose = () => {
    blocked = !opened;
    feed.onclose();
  };
  return feed;
}

function byStream(path) {
  const over = new AbortController();
  const feed = { close: () => over.abort() };
  blocked = false; // until it opens
  setTimeout(() => blocked || over.abort(), OPEN_MS);
  receive(path, feed, over.signal).catch(() => {}).then(() => feed.onclose());
  return feed;
}

async function receive(path, feed, signal) {
  const answer = await fetch(at(path), { headers: { Accept: "text/event-stream" }, signal });
  if (!answer.ok) return;
  blocked = true;
  feed.onopen();
  const [reader, decoder] = [answer.body.getReader(), new TextDecoder()];
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
    text = blocks.pop();
    blocks.map(message).forEach((each) => feed.onmessage(each));
  }
}

/** The event of a block, or the mark of one without an event. */
const message = (block) => JSON.parse(block.match(/^data: ([^\n]*)/m)?.[1] ?? '{"since":0}');
