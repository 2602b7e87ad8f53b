// Do not disturb.

import { $ } from "/base/dom.js";
import { waiting } from "/base/orders.js";
import { may, send } from "/base/session.js";
import { t } from "/base/texts.js";

export function showQuiet({ do_not_disturb: on, quiet }) {
  $("dnd").setAttribute("aria-checked", on);
  $("dnd").hidden = !may("call");
  $("quiet-section").hidden = !may("call") && !on && !quiet;
  $("quiet").textContent = t(quiet && !on ? "quiet.hours" : may("call") ? "quiet.means" : "quiet.on");
}

$("dnd").onclick = () => waiting($("dnd"),
  () => send("PATCH", "/v1/config/runtime", { do_not_disturb: $("dnd").getAttribute("aria-checked") !== "true" }));
