// The question whether to log in by the token in the address: anybody may have sent the link.

import { $ } from "./base/dom.js";
import { dropToken, login, session } from "./base/session.js";
import { t, word } from "./base/texts.js";

const name = (id) => (id === "http:token" ? t("offer.own") : id.replace(/^http:/, ""));

/** Ask, and log in, or go on with the session that there is. */
export async function offer({ token, client: id, scopes, instead }) {
  $("offer-who").textContent = t("offer.who", { name: name(id), scopes: scopes.map((scope) => word("may", scope)).join(", ") });
  $("offer-instead").textContent = instead ? t("offer.instead", { name: name(instead) }) : "";
  $("offer-no").textContent = instead ? t("offer.stay", { name: name(instead) }) : t("offer.no");
  $("offer").hidden = false;
  $("offer-title").focus();
  const agreed = await new Promise((resolve) => {
    $("offer-yes").onclick = () => resolve(true);
    $("offer-no").onclick = () => resolve(false);
  });
  $("offer").hidden = true;
  if (agreed) {
    await login(token);
  } else {
    dropToken();
    await session();
  }
}
