// What an installer has tried: the doctor.

import { $, make } from "./base/dom.js";
import { tried } from "./base/orders.js";
import { told } from "./base/sentences.js";
import { word } from "./base/texts.js";

function showFindings({ findings }) {
  $("findings").replaceChildren(...findings.map(({ check, level, message, cause, resolution }) => make("li", { data: { level } },
    make("b", {}, word("level", level)), " ", make("code", {}, check), " ", told("findings", message, cause, resolution))));
}

$("examine").onclick = async () => {
  const found = await tried($("examine"), "/v1/doctor");
  if (found) showFindings(found);
};
