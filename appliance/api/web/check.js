// What an installer has tried: the doctor.

import { $, english, make, sentences } from "/base/dom.js";
import { waiting } from "/base/orders.js";
import { send } from "/base/session.js";
import { word } from "/base/texts.js";

function showFindings({ findings }) {
  $("findings").replaceChildren(...findings.map(({ check, level, message, cause, resolution }) => make("li", { data: { level } },
    make("b", {}, word("level", level)), " ", make("code", {}, check), " ", english(sentences(message, cause, resolution)))));
}

const TRIAL_MS = 120_000;

$("examine").onclick = async () => {
  const found = await waiting($("examine"), () => send("POST", "/v1/doctor", undefined, TRIAL_MS));
  if (found) showFindings(found);
};
