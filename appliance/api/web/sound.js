// The sound of the station: its levels, what is muted, and a test of speaker and microphone.

import { $, act, make } from "./base/dom.js";
import { order, tried, waiting } from "./base/orders.js";
import { told } from "./base/sentences.js";
import { may, send } from "./base/session.js";
import { t, word } from "./base/texts.js";

const LEVELS = { speaker: "volume", microphone: "gain" };

let newest = null;
const sending = new Set(); // the levels with an order on its way

/** Show the levels to a client that may set them. */
export function showSound(audio) {
  newest = audio;
  $("sound").hidden = !may("call");
  for (const [side, level] of Object.entries(LEVELS)) showSide(side, level, audio[side]);
}

function showSide(side, level, { pcm, card, percent, limit, muted }) {
  const why = pcm === "null" ? "sound.none" : card === null ? "sound.away" : percent === null ? "sound.fixed" : "";
  $(`${side}-why`).textContent = why && t(why, { part: t(`sound.${side}`) });
  $(`${level}-part`).hidden = percent === null;
  $(`${side}-muted`).hidden = muted === null;
  $(`${side}-muted`).setAttribute("aria-checked", muted === true);
  if (percent === null || sending.has(level) || $(level).matches(":active")) return; // a finger is on it
  Object.assign($(level), { max: limit, value: percent });
  showLevel(level, percent);
}

function showLevel(level, percent) {
  $(`${level}-shown`).textContent = t("percent", { percent: Math.round(percent) });
}

/** Set a level to what its slider shows, one order at a time. */
async function set(level) {
  if (sending.has(level)) return;
  sending.add(level);
  const before = newest;
  let value, answer;
  do {
    value = $(level).value;
    answer = await order("PATCH", "/v1/audio", { [level]: Number(value) });
  } while ($(level).value !== value);
  sending.delete(level);
  if (!answer || newest !== before) showSound(newest);
}

for (const [side, level] of Object.entries(LEVELS)) {
  $(level).oninput = () => showLevel(level, $(level).value);
  $(level).onchange = () => set(level);
  const muted = $(`${side}-muted`);
  muted.onclick = () => waiting(muted,
    () => send("PATCH", "/v1/audio", { [`${side}_muted`]: muted.getAttribute("aria-checked") !== "true" }));
}

function showTrial({ result, advice, volume, quiet_dbfs, tone_dbfs, echo_db, echo_delay_ms }) {
  const levels = tone_dbfs === null ? "" :
    t("sound.levels", { noise: quiet_dbfs, echo: tone_dbfs, ratio: echo_db, delay: echo_delay_ms });
  $("tried").replaceChildren(make("p", {}, word("sound", result)),
    ...(volume === null ? [] : [act("recommended", t("sound.set", { volume }),
      () => order("PATCH", "/v1/audio", { volume }))]),
    ...(advice || levels
      ? [make("details", {}, make("summary", {}, t("sound.details")), told("answers", advice), " ", levels)] : []));
  $("tried").hidden = false;
}

$("try-sound").onclick = async () => {
  const found = await tried($("try-sound"), "/v1/audio/self-test");
  if (found) showTrial(found);
};
