// Requests, and the session that allows them: a token is shown once, then a cookie stands for it that no script reads.
// A token in the address's fragment never leaves the browser by itself, and is taken out of the address once it is used.
// Anybody can send a link with a token, so the person is asked before it counts, and no link ends a session by itself.

import { sentences } from "./dom.js";
import { heard, now } from "./moments.js";
import { loadSentences, translated } from "./sentences.js";
import { asked, knows, language, t } from "./texts.js";

const MARK = "session"; // in this browser: when there was a login, by the station's clock, so asking is worth it
const PUSH = "intercomd.push"; // the same: its subscription, which the station forgets with the session
const STEP_MS = 1000; // of the clock in answers
const STATE_MS = 10_000;
const READ_MS = 30_000; // for a long list, by a slow network
const ORDER_MS = 5_000;
const SENTENCES_MS = 1000; // for the words of a refusal

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
  return [t(error.code === DOMException.ABORT_ERR ? "late" : "unreachable"), ""];
}

/** The address of a path of the station, which a proxy may serve under a prefix. */
export const at = (path) => new URL(path.slice(1), document.baseURI).href;

export async function fetched(path, options = {}) {
  const answer = await (options.method ? undefined : soon(path, options)) ?? await fetch(at(path), options);
  heard(answer.headers.get("Date"));
  if (answer.ok) return answer;
  let problem = { code: "error", detail: String(answer.status) };
  try { problem = await answer.json(); } catch { /* no problem document: the status is shown */ }
  if (options.method) await Promise.race([loadSentences(), new Promise((resolve) => setTimeout(resolve, SENTENCES_MS))]);
  throw new Refused(problem);
}

/** What the first script has asked for, until it is given up; or undefined. */
function soon(path, { signal, headers }) {
  const answer = headers ? undefined : asked(path.slice(1));
  const late = new Promise((_, reject) => signal?.addEventListener("abort", () => reject({ code: DOMException.ABORT_ERR })));
  return answer && Promise.race([answer, late]);
}

/** An answer, given up after a time: a station that has gone without a word must not keep the page waiting. */
export async function read(path, options = {}, patience_ms = READ_MS, as = "json") {
  const patience = new AbortController();
  const giveUp = () => patience.abort();
  const timer = setTimeout(giveUp, patience_ms);
  options.signal?.addEventListener("abort", giveUp);
  try {
    return await (await fetched(path, { ...options, signal: patience.signal }))[as]();
  } finally {
    clearTimeout(timer);
  }
}

/** What the page lives by. */
const readSoon = (path, options) => read(path, options, STATE_MS);

/** An id that no other request has. Pages that came by plain HTTP have no function of the browser for one. */
const fresh = () => crypto.getRandomValues(new Uint8Array(16)).join("-");

export const readState = () => readSoon("/v1/state");

/** The header of an order that is given up after a time: a network that was away may bring it long after that. */
export const expiring = (patience_ms) =>
  (Number.isFinite(now()) ? { "Order-Expires": new Date(now() + patience_ms).toISOString() } : {});

/** Give an order. Without an answer in time it is given up: later nobody may be there who waits for its effect. */
export async function send(method, path, body, patience_ms = ORDER_MS) {
  const headers = { "Content-Type": "application/json", ...expiring(patience_ms) };
  if (method === "POST") headers["Idempotency-Key"] = fresh();
  return read(path, { method, headers, body: body && JSON.stringify(body) }, patience_ms);
}

let scopes = []; // of the session

/** Whether the client may do this: see the scopes of tokens. */
export const may = (scope) => scopes.includes(scope) || scopes.includes("admin");

/** Go on with the session of the cookie. */
export async function session() {
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

/** Take the token out of the address. */
export function dropToken() {
  if (tokenInAddress()) history.replaceState(null, "", location.pathname);
}

const bearer = (token) => ({ Authorization: `Bearer ${encodeURI(token.trim())}` });

/** The client that is logged in here, or null. */
async function current() {
  if (!localStorage.getItem(MARK)) return null;
  try {
    return (await readSoon("/v1/session")).client;
  } catch (error) {
    if (error.code !== "unauthorized") throw error;
    return null;
  }
}

/** The login that the address offers: its token, client and scopes, and the client whose session it would end. Or null. */
export async function offered() {
  const token = tokenInAddress();
  if (!token) return null;
  const instead = await current();
  try {
    const { client, scopes: may } = await readSoon("/v1/session", { headers: bearer(token) });
    if (client !== instead) return { token, client, scopes: may, instead };
  } catch (error) {
    if (error.code !== "unauthorized" || instead === null) throw error;
  }
  dropToken(); // it is that of the session, or counts for nothing
  return null;
}

export async function login(token) {
  ({ scopes } = await readSoon("/v1/session", { method: "POST", headers: bearer(token) }));
  localStorage.setItem(MARK, now());
  dropToken();
}

export async function logout() {
  await readSoon("/v1/session", { method: "DELETE" });
  for (const each of [MARK, PUSH]) localStorage.removeItem(each);
}
