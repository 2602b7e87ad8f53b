// Do not disturb: a switch for the station.

import { $, make, sentences } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { waiting } from "./base/orders.js";
import { may, send } from "./base/session.js";
import { t } from "./base/texts.js";

export function showQuiet({ runtime: { do_not_disturb: on, quiet }, panel, directory }) {
  const bell = directory.length > 0 || panel.buttons.some(({ action, long_action }) => [action, long_action].includes("ring"));
  $("dnd").setAttribute("aria-checked", on);
  $("dnd").hidden = !may("call");
  $("quiet-section").hidden = !may("call") && !on && !quiet;
  const calls = t(quiet && !on ? "quiet.hours" : may("call") ? "quiet.means" : "quiet.on");
  $("quiet").textContent = sentences(calls, bell ? t("quiet.bell") : "");
}

$("dnd").onclick = () => waiting($("dnd"),
  () => send("PATCH", "/v1/config/runtime", { do_not_disturb: $("dnd").getAttribute("aria-checked") !== "true" }));

$("dnd").append(icon("quiet"), make("span", {}, t("quiet")));
