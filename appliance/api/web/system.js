// The station itself: accounts with cause and remedy, version, addresses, storage, support bundle.

import { $, act, make, redraw } from "./base/dom.js";
import { order } from "./base/orders.js";
import { called } from "./base/people.js";
import { told } from "./base/sentences.js";
import { may, read } from "./base/session.js";
import { day, size, t, word } from "./base/texts.js";

const UPGRADE = "sudo apt install ./intercomd_*.deb ./python3-pjsua2_*.deb";

let version = "";

/** Read what does not change while the station runs. */
export async function loadSystem() {
  version ||= (await read("/v1")).version;
  $("version").textContent = version;
  $("upgrade").textContent = UPGRADE;
  $("upkeep").hidden = !may("admin");
}

export function showSystem({ accounts, appliance, network, storage }) {
  redraw($("accounts"), accounts, () => $("accounts").replaceChildren(...accounts.map(account)));
  $("accounts-section").hidden = accounts.length === 0;
  $("address").textContent = appliance.address || t("system.no_address");
  $("network").textContent = network.up ? network.addresses.join(", ") : t("system.no_network");
  $("storage").textContent = storage === null ? t("system.not_measured") : t("system.storage", {
    state: word("space", storage.state), free: size(storage.free_bytes),
    needed: size(storage.needed_bytes), used: size(storage.recordings_bytes),
  });
}

function account({ name, state, user, server, code, reason, explanation, retry_at }) {
  const fact = (key, ...what) => [make("br"), make("small", {}, t(key), " ", ...what)];
  const failed = state === "failed" || explanation !== "";
  return make("li", { data: { account: name, state } },
    make("div", {}, make("b", {}, called("account", name)), " ", make("span", { className: state }, word("registration", state)), " ",
      make("small", {}, [user, server].filter(Boolean).join(" · ")),
      ...(failed ? fact("account.cause", code || reason ? make("span", { lang: "en" }, code ? `${code} ${reason}` : reason) : t("account.no_answer")) : []),
      ...(explanation ? fact("account.remedy", told("explanations", explanation)) : []),
      ...(retry_at ? fact("account.retry", day(retry_at)) : [])),
    act(`account ${name}`, t("account.register"),
      () => order("POST", `/v1/accounts/${encodeURIComponent(name)}/register`), { hidden: !may("admin") }));
}
