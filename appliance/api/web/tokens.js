// The tokens of clients, for those who may do everything: made, listed, removed.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { fault, fetched, read, send } from "./base/session.js";
import { atStation, day, t, word } from "./base/texts.js";
import { qr } from "./qr.js";

const HERE = ["localhost", "127.0.0.1", "[::1]"]; // by which no other device finds the station

let asked = 0; // number of the latest question: answers to earlier ones are dropped

/** Show the list; its view is for those who may read it. */
export async function showTokens() {
  const mine = ++asked;
  const { tokens } = await read("/v1/tokens");
  if (mine !== asked) return;
  $("token-zone").textContent = t("zone", atStation());
  redraw($("token-list"), tokens, () => $("token-list").replaceChildren(...tokens.map(row)));
  $("tokens-empty").hidden = tokens.length > 0;
}

function row({ id, name, scopes, created, expires, valid }) {
  const end = expires === null ? t("token.no_end") : t(valid ? "token.until" : "token.ended", { time: day(expires) });
  const allowed = scopes.map((scope) => word("may", scope)).join(", ");
  const facts = [allowed, t("token.made", { time: day(created) }), end];
  return make("li", {},
    make("div", {}, make("b", {}, name), make("br"), make("small", {}, facts.join(" · "))),
    twice(act(`token ${id}`, t("remove"), null), t("remove.sure", { name }), () => remove(id)));
}

async function remove(id) {
  try {
    await fetched(`/v1/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
    say(t("remove.done"));
  } catch (error) {
    say(fault(error).join(" "));
  }
}

function say(text, secret = "") {
  $("token-said").textContent = text;
  $("token-text").textContent = secret;
  $("token-text").hidden = !secret;
  const address = `${new URL(".", document.baseURI).href}#token=${secret}`;
  const drawing = secret && !HERE.includes(location.hostname) ? qr(address) : null;
  $("token-qr").replaceChildren(...(drawing ? [drawing, make("p", { className: "hint" }, t("token.scan"))] : []));
}

/** Who comes next to this screen reads no token. */
export const hideToken = () => say("");

$("token-form").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const scopes = [...form.querySelectorAll("[name=scope]:checked")].map(({ value }) => value);
  if (!scopes.length) {
    say(t("token.no_scope"));
    return;
  }
  const end = form.elements.expires.value;
  try {
    const { token, text } = await send("POST", "/v1/tokens", {
      name: form.elements.name.value, scopes, expires: end || null,
    });
    say(t("token.text", { name: token.name }), text);
    form.reset();
  } catch (error) {
    say(fault(error).join(" "));
  }
};
