// Requests, and the session that allows them: a token is shown once, then a cookie stands for it that no script reads.
// A token in the address's fragment never leaves the browser by itself, and is taken out of the address once it is used.

import { sentences } from "/dom.js";

const MARK = "session"; // in this browser: there was a login, so asking is worth it

export class Refused extends Error {
  constructor(problem) {
    super(sentences(problem.detail, problem.cause, problem.resolution));
    this.code = problem.code;
    this.detail = problem.detail;
  }
}

export async function fetched(path, options = {}) {
  const answer = await fetch(path, options);
  if (answer.ok) return answer;
  let problem = { detail: `The answer was ${answer.status}.`, code: "error" };
  try { problem = await answer.json(); } catch { /* not one of ours: the status must do */ }
  throw new Refused(problem);
}

export const read = async (path) => (await fetched(path)).json();

/** Who the client is and what it may do, after the token in the address has begun a session, if there is one. */
export async function session() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) return login(given);
  if (!localStorage.getItem(MARK)) throw new Refused({ code: "unauthorized", detail: "" });
  try {
    return await read("/v1/session");
  } catch (error) {
    if (error.code === "unauthorized") localStorage.removeItem(MARK);
    throw error;
  }
}

export async function login(token) {
  const headers = { Authorization: `Bearer ${encodeURI(token.trim())}` };
  const me = await (await fetched("/v1/session", { method: "POST", headers })).json();
  localStorage.setItem(MARK, "1");
  history.replaceState(null, "", location.pathname);
  return me;
}

export async function logout() {
  await fetched("/v1/session", { method: "DELETE" });
  localStorage.removeItem(MARK);
}

/** The events after `since`. */
export const follow = (since) =>
  new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/v1/events?since=${since}`, ["intercomd.v1"]);
