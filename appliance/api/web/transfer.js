// Passing a call on: to a name or number, or to the far end of another call.

import { $, act, make } from "./base/dom.js";
import { order } from "./base/orders.js";
import { caller } from "./base/people.js";
import { t } from "./base/texts.js";

let from = null; // the call that is passed on

const post = (body) => order("POST", `/v1/calls/${encodeURIComponent(from)}/transfer`, body);

export function openTransfer(call, others) {
  from = call.id;
  $("transfer-who").textContent = t("transfer.who", { name: caller(call.remote) });
  $("transfer-calls").replaceChildren(...others.map((other) => make("li", {},
    act(`transfer ${other.id}`, t("transfer.connect", { name: caller(other.remote) }), () => {
      post({ call: other.id });
      closeTransfer();
    }))));
  $("transfer-form").reset();
  show(true);
}

export const closeTransfer = () => show(false);

/** Open or close the dialog; browsers without dialogs (Firefox before 98, Safari before 15.4) show it as a box. */
function show(is) {
  const dialog = $("transfer");
  if (dialog.showModal) {
    if (is) dialog.showModal();
    else dialog.close();
  } else if (dialog.hasAttribute("open") !== is) {
    dialog.toggleAttribute("open", is);
    (is ? $("transfer-to") : opener())?.focus();
  }
}

const opener = () => document.querySelector(`[data-key="${CSS.escape(`${from} transfer`)}"]`);

/** Close the dialog when its call is over. */
export function checkTransfer(calls) {
  if (!calls.some(({ id, state }) => id === from && state === "connected")) closeTransfer();
}

$("transfer-form").onsubmit = (event) => {
  event.preventDefault();
  post({ to: $("transfer-to").value });
  closeTransfer();
};

$("transfer-cancel").onclick = closeTransfer;

$("transfer").onclose = () => opener()?.focus();
