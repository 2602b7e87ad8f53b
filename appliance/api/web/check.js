// What an installer has tried: the doctor, and speaker and microphone.

import { $, english, make, sentences } from "/base/dom.js";
import { waiting } from "/base/orders.js";
import { send } from "/base/session.js";
import { t, word } from "/base/texts.js";

function showFindings({ findings }) {
  $("findings").replaceChildren(...findings.map(({ check, level, message, cause, resolution }) => make("li", { data: { level } },
    make("b", {}, word("level", level)), " ", make("code", {}, check), " ", english(sentences(message, cause, resolution)))));
}

function showSound({ result, advice, quiet_dbfs, tone_dbfs, echo_db, echo_delay_ms }) {
  const levels = tone_dbfs === null ? "" :
    t("sound.levels", { noise: quiet_dbfs, echo: tone_dbfs, ratio: echo_db, delay: echo_delay_ms });
  $("tried").replaceChildren(word("sound", result), " ", english(advice), " ", levels);
  $("tried").hidden = false;
}

const TRIAL_MS = 120_000;

/** Have something tried, and hand the result to `show`. */
async function tried(button, path, show) {
  const found = await waiting(button, () => send("POST", path, undefined, TRIAL_MS));
  if (found) show(found);
}

$("examine").onclick = () => tried($("examine"), "/v1/doctor", showFindings);
$("try-sound").onclick = () => tried($("try-sound"), "/v1/audio/self-test", showSound);
