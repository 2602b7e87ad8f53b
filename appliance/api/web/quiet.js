// Do not disturb.

import { $, sentences } from "/base/dom.js";
import { waiting } from "/base/orders.js";
import { may, send } from "/base/session.js";
import { t } from "/base/texts.js";

export function showQuiet({ do_not_disturb: on, quiet }) {
  $("dnd").setAttribute("aria-checked", on);
  $("dnd").disabled = !may("admin");
  $("quiet").textContent = sentences(t(quiet && !on ? "quiet.hours" : "quiet.means"), may("admin") ? "" : t("quiet.fixed"));
}

$("dnd").onclick = () => waiting($("dnd"),
  () => send("PATCH", "/v1/config/runtime", { do_not_disturb: $("dnd").getAttribute("aria-checked") !== "true" }));
