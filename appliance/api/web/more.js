// What residents need seldom: how this device behaves, and the lockdown of doors.

import { $, act, check, make, redraw, redrawAll, twice } from "./base/dom.js";
import { isPlain, setPlain } from "./base/hold.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { may } from "./base/session.js";
import { t, word } from "./base/texts.js";
import { unlocks } from "./notices.js";

export function showMore({ doors }) {
  const shown = may("door") ? doors : [];
  redraw($("lockdowns"), shown.map(({ id, state }) => [id, called("door", id), state === "locked_down"]),
    () => $("lockdowns").replaceChildren(...shown.map(lockdown)));
}

function lockdown(door) {
  const name = called("door", door.id);
  const locks = () => twice(act(`lock ${door.id}`, t("lockdown.begin"), null, { icon: "shield" }), t("lockdown.sure", { door: name }),
    () => order("POST", `/v1/doors/${encodeURIComponent(door.id)}/lock`));
  const is = door.state === "locked_down";
  return make("li", { data: { lockdown: door.id } },
    make("div", {}, make("b", {}, name), make("br"), make("small", {}, is ? word("look", door.state) : t("lockdown.means"))),
    is ? unlocks(door, "more") : locks());
}

const showPlain = () => check("plain", isPlain());

$("plain").onclick = () => {
  setPlain(!isPlain());
  showPlain();
  redrawAll();
};

showPlain();
