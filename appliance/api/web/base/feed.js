// The events as they come, with a mark after each silence: by WebSocket, or by Server-Sent Events where none comes through,
// as with the defaults of nginx. Both have onopen, onmessage (with an event or a mark), onclose, and close().

import { at } from "./session.js";

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
  receive(path, feed, over.signal).catch(() => { blocked = false; }).then(() => feed.onclose());
  return feed;
}

async function receive(path, feed, signal) {
  const answer = await fetch(at(path), { headers: { Accept: "text/event-stream" }, signal });
  if (!answer.ok) throw new Error();
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
function message(block) {
  const fields = new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  return fields.has("data") ? JSON.parse(fields.get("data")) : { since: Number(fields.get("id")) };
}
