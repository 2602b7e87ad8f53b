// Passing a call on: to a name or number, or to the far end of another call.

import { $, act, make } from "/base/dom.js";
import { order } from "/base/orders.js";
import { caller } from "/base/people.js";
import { t } from "/base/texts.js";

let from = null; // the call that is passed on

const post = (body) => order("POST", `/v1/calls/${encodeURIComponent(from)}/transfer`, body);

export function openTransfer(call, others) {
  from = call.id;
  $("transfer-who").textContent = t("transfer.who", { name: caller(call.remote) });
  $("transfer-calls").replaceChildren(...others.map((other) => make("li", {},
    act(`transfer ${other.id}`, t("transfer.connect", { name: caller(other.remote) }), () => {
      post({ call: other.id });
      $("transfer").close();
    }))));
  $("transfer-form").reset();
  $("transfer").showModal();
}

$("transfer-form").onsubmit = (event) => {
  event.preventDefault();
  post({ to: $("transfer-to").value });
  $("transfer").close();
};

$("transfer-cancel").onclick = () => $("transfer").close();

$("transfer").onclose = () => document.querySelector(`[data-key="${CSS.escape(`${from} transfer`)}"]`)?.focus();
