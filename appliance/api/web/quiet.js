// Do not disturb: a switch for the station. And the ringer, which may be silent for a while.

import { $, check, make, sentences } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { waiting } from "./base/orders.js";
import { may, send } from "./base/session.js";
import { hour, t } from "./base/texts.js";

const SILENT_MIN = 30;

export function showQuiet({ runtime: { do_not_disturb: on, quiet }, panel, directory, audio: { ringer_silent_until: until } }) {
  const bell = directory.length > 0 || panel.buttons.some(({ action, long_action }) => [action, long_action].includes("ring"));
  check("dnd", on);
  $("dnd").hidden = !may("call");
  $("quiet-section").hidden = !may("call") && !on && !quiet;
  ringer.hidden = !may("call");
  ringer.textContent = until ? t("ringer.end", { time: hour(until) }) : t("ringer.silence", { minutes: SILENT_MIN });
  ringer.onclick = () => waiting(ringer, () => send("POST", "/v1/audio/ringer/silence", { minutes: until ? 0 : SILENT_MIN }));
  const calls = t(quiet && !on ? "quiet.hours" : may("call") ? "quiet.means" : "quiet.on");
  $("quiet").textContent = sentences(calls, bell ? t("quiet.bell") : "");
}

$("dnd").onclick = () => waiting($("dnd"),
  () => send("PATCH", "/v1/config/runtime", { do_not_disturb: $("dnd").getAttribute("aria-checked") !== "true" }));

const ringer = make("button", { id: "ringer", type: "button" });
$("quiet").after(ringer);
$("dnd").append(icon("quiet"), make("span", {}, t("quiet")));
