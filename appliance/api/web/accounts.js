// The accounts at telephone systems: whether each is registered, and if not why, what to do, and when it is tried again.

import { $, act, make, redraw } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { told } from "./base/sentences.js";
import { may } from "./base/session.js";
import { day, t, word } from "./base/texts.js";

const MARKS = { registered: ["good", "check"], registering: ["care", "clock"], unregistered: ["", "off"], failed: ["wrong", "x"] };

export function showAccounts(accounts) {
  redraw($("accounts"), accounts, () => $("accounts").replaceChildren(...accounts.map(account)));
  $("accounts-empty").hidden = accounts.length > 0;
}

function account({ name, state, user, server, code, reason, explanation, retry_at }) {
  const [tone, drawing] = MARKS[state];
  const fact = (key, ...what) => [make("dt", {}, t(key)), make("dd", {}, ...what)];
  const failed = state === "failed" || explanation !== "";
  const why = code || reason ? make("span", { lang: "en" }, code ? `${code} ${reason}` : reason) : t("account.no_answer");
  return make("li", { className: "card", data: { account: name, state } },
    make("h2", {}, called("account", name)),
    make("p", {}, make("span", { className: `chip ${tone}`.trim() }, icon(drawing), word("registration", state)), " ",
      make("small", {}, [user, server].filter(Boolean).join(" · "))),
    failed || retry_at ? make("dl", {}, ...(failed ? fact("account.cause", why) : []),
      ...(explanation ? fact("account.remedy", told("explanations", explanation)) : []),
      ...(retry_at ? fact("account.retry", day(retry_at)) : [])) : null,
    act(`account ${name}`, t("account.register"),
      () => order("POST", `/v1/accounts/${encodeURIComponent(name)}/register`), { hidden: !may("admin") }));
}
