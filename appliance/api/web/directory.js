// Whom the station can call: the flats of the directory, the contacts, and any number.

import { $, act, keepingFocus, make } from "./base/dom.js";
import { attempt, order } from "./base/orders.js";
import { called } from "./base/people.js";
import { may, send } from "./base/session.js";
import { t, word } from "./base/texts.js";

let entries = [];
let shown = "";

export function showDirectory({ directory, contacts }) {
  const drawn = JSON.stringify([directory, contacts]);
  if (drawn === shown) return;
  shown = drawn;
  entries = [
    ...directory.map(({ flat, name }) => ({
      key: `flat ${flat}`, name, about: t("directory.flat", { flat }),
      call: () => order("POST", `/v1/contacts/${encodeURIComponent(flat)}/ring`),
    })),
    ...contacts.map(({ name, watched, state }) => ({
      key: `contact ${name}`, name: called("target", name), state, about: watched ? word("contact", state) : "", call: () => dial(name),
    })),
  ];
  $("people").replaceChildren(...contacts.map(({ name }) => make("option", { value: name, label: called("target", name) })));
  $("dial-form").hidden = !may("call");
  list();
}

const dial = (to) => order("POST", "/v1/calls", { to });

function list() {
  const wanted = $("directory-search").value.trim().toLocaleLowerCase();
  const found = entries.filter(({ name, about }) => `${name} ${about}`.toLocaleLowerCase().includes(wanted));
  keepingFocus($("directory"), () => $("directory").replaceChildren(...found.map(({ key, name, about, state, call }) =>
    make("li", { data: { entry: key } },
      make("div", {}, make("b", {}, name), " ", make("small", state ? { data: { state } } : {}, about)),
      act(key, t("action.ring"), call, { attrs: { "aria-label": t("action.ring_target", { target: name }) }, hidden: !may("call") })))));
  $("directory-empty").hidden = found.length > 0;
  $("directory-empty").textContent = t(entries.length ? "directory.not_found" : "display.empty");
}

$("directory-search").oninput = list;

$("dial-form").onsubmit = async (event) => {
  event.preventDefault();
  if (await attempt(() => send("POST", "/v1/calls", { to: $("dial-to").value.trim() }))) event.target.reset();
};
