// Requests, and the session that allows them: a token is shown once, then a cookie stands for it that no script reads.
// A token in the address's fragment never leaves the browser by itself, and is taken out of the address once it is used.

import { sentences } from "/base/dom.js";
import { heard } from "/base/moments.js";
import { knows, t } from "/base/texts.js";

const MARK = "session"; // in this browser: there was a login, so asking is worth it

/** An order that the station refused. what: in the page's language; message: the station's own words, in English. */
export class Refused extends Error {
  constructor({ code, detail = "", cause = "", resolution = "" }) {
    super(sentences(detail, cause, resolution));
    this.code = code;
    this.what = t(knows(`refused.${code}`) ? `refused.${code}` : "refused");
  }
}

/** What went wrong, in the page's language, and the station's own words about it. */
export const fault = (error) => (error instanceof Refused ? [error.what, error.message] : [t("unreachable"), ""]);

export async function fetched(path, options = {}) {
  const answer = await fetch(path, options);
  heard(answer.headers.get("Date"));
  if (answer.ok) return answer;
  let problem = { code: "error", detail: String(answer.status) };
  try { problem = await answer.json(); } catch { /* not one of ours: the status must do */ }
  throw new Refused(problem);
}

export const read = async (path) => (await fetched(path)).json();

/** Give an order. */
export async function send(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
  return (await fetched(path, { method, headers, body: body && JSON.stringify(body) })).json();
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
    ({ scopes } = await read("/v1/session"));
  } catch (error) {
    if (error.code === "unauthorized") localStorage.removeItem(MARK);
    throw error;
  }
}

export const tokenInAddress = () => new URLSearchParams(location.hash.slice(1)).get("token");

export async function login(token) {
  const headers = { Authorization: `Bearer ${encodeURI(token.trim())}` };
  ({ scopes } = await (await fetched("/v1/session", { method: "POST", headers })).json());
  localStorage.setItem(MARK, "1");
  if (tokenInAddress()) history.replaceState(null, "", location.pathname);
}

export async function logout() {
  await fetched("/v1/session", { method: "DELETE" });
  localStorage.removeItem(MARK);
}

/** The events after `since`. */
export const follow = (since) =>
  new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/v1/events?since=${since}`, ["intercomd.v1"]);
