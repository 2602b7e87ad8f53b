// Requests, and the session that allows them: a token is shown once, then a cookie stands for it that no script reads.
// A token in the address's fragment never leaves the browser by itself, and is taken out of the address once it is used.

import { sentences } from "/base/dom.js";
import { heard, now } from "/base/moments.js";
import { translated } from "/base/sentences.js";
import { knows, language, t } from "/base/texts.js";

const MARK = "session"; // in this browser: when there was a login, by the station's clock, so asking is worth it
const STEP_MS = 1000; // of the clock in answers
const STATE_MS = 10_000;
const ORDER_MS = 5_000;

/** An order that the station refused. what: in few words; message: the station's own words; lang: their language. */
export class Refused extends Error {
  constructor({ code, detail = "", cause = "", resolution = "" }) {
    const given = [detail, cause, resolution].filter(Boolean);
    const texts = given.map((each) => translated("answers", each));
    super(sentences(...texts.map((each, place) => each ?? given[place])));
    this.lang = texts.includes(null) ? "en" : language;
    this.code = code;
    this.what = t(knows(`refused.${code}`) ? `refused.${code}` : "refused");
  }
}

/** What went wrong, in the page's language, and the station's own words about it. */
export function fault(error) {
  if (error instanceof Refused) return [error.what, error.message];
  return [t(error.code === DOMException.TIMEOUT_ERR ? "late" : "unreachable"), ""];
}

export async function fetched(path, options = {}) {
  const answer = await fetch(path, options);
  heard(answer.headers.get("Date"));
  if (answer.ok) return answer;
  let problem = { code: "error", detail: String(answer.status) };
  try { problem = await answer.json(); } catch { /* no problem document: the status is shown */ }
  throw new Refused(problem);
}

export const read = async (path, options) => (await fetched(path, options)).json();

/** What the page lives by: a station that has gone without a word must not keep it waiting. */
const readSoon = (path) => read(path, { signal: AbortSignal.timeout(STATE_MS) });

export const readState = () => readSoon("/v1/state");

/** Give an order. Without an answer in time it is given up: later nobody may be there who waits for its effect. */
export async function send(method, path, body, patience_ms = ORDER_MS) {
  const headers = { "Content-Type": "application/json" };
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  const options = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(patience_ms) };
  return (await fetched(path, options)).json();
}

let scopes = []; // of the session

/** Whether the client may do this: see the scopes of tokens. */
export const may = (scope) => scopes.includes(scope) || scopes.includes("admin");

/** Begin a session with the token in the address, if there is one, or go on with that of the cookie. */
export async function session() {
  const given = tokenInAddress();
  if (given) {
    await login(given);
    return;
  }
  if (!localStorage.getItem(MARK)) throw new Refused({ code: "unauthorized" });
  try {
    ({ scopes } = await readSoon("/v1/session"));
  } catch (error) {
    if (error.code === "unauthorized" && !mayReturn()) localStorage.removeItem(MARK);
    throw error;
  }
}

/** Whether the session may count again: a station whose clock is behind refuses it until the clock is set. */
export const mayReturn = () => Number(localStorage.getItem(MARK)) > Math.max(0, now() + STEP_MS);

export const tokenInAddress = () => new URLSearchParams(location.hash.slice(1)).get("token");

export async function login(token) {
  const headers = { Authorization: `Bearer ${encodeURI(token.trim())}` };
  ({ scopes } = await (await fetched("/v1/session", { method: "POST", headers })).json());
  localStorage.setItem(MARK, now());
  if (tokenInAddress()) history.replaceState(null, "", location.pathname);
}

export async function logout() {
  await fetched("/v1/session", { method: "DELETE" });
  localStorage.removeItem(MARK);
}

/** The events after `since`. */
export const follow = (since) =>
  new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/v1/events?since=${since}`, ["intercomd.v1"]);
