// The tokens of clients, for those who may do everything: made, listed, removed.

import { $, make } from "/dom.js";
import { fetched, read, Refused } from "/session.js";

const told = (error) => (error instanceof Refused ? error.message : "The station cannot be reached.");
const day = (time) => new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

/** Show the list to a client that may read it; `me`: the answer of GET /v1/session. */
export async function showTokens(me) {
  $("tokens").hidden = !me.scopes.includes("admin");
  if ($("tokens").hidden) return;
  const { tokens } = await read("/v1/tokens");
  $("token-list").replaceChildren(...tokens.map(row));
  $("tokens-empty").hidden = tokens.length > 0;
}

function row({ id, name, scopes, created, expires, valid }) {
  const end = expires === null ? "no end" : `${valid ? "until" : "ended"} ${day(expires)}`;
  const button = make("button", { type: "button", className: "quiet", data: { token: id } }, "Remove");
  button.onclick = () => {
    if (button.dataset.sure) remove(id);
    else Object.assign(button, { textContent: `Remove ${name} for good` }).dataset.sure = "yes";
  };
  button.onblur = () => {
    button.textContent = "Remove";
    delete button.dataset.sure;
  };
  return make("li", {},
    make("div", {}, make("b", {}, name), " ", make("small", {}, `${scopes.join(", ")} · made ${day(created)} · ${end}`)),
    button);
}

async function remove(id) {
  try {
    await fetched(`/v1/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
    say("Removed.");
  } catch (error) {
    say(told(error));
  }
}

function say(text, secret = "") {
  $("token-said").textContent = text;
  $("token-text").textContent = secret;
  $("token-text").hidden = !secret;
}

$("token-form").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const scopes = [...form.querySelectorAll("[name=scope]:checked")].map(({ value }) => value);
  const end = form.elements.expires.value;
  const body = JSON.stringify({
    name: form.elements.name.value, scopes, expires: end ? new Date(end).toISOString() : null,
  });
  const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  try {
    const { token, text } = await (await fetched("/v1/tokens", { method: "POST", headers, body })).json();
    say(`The token of ${token.name}. It is not shown again:`, text);
    form.reset();
  } catch (error) {
    say(told(error));
  }
};
