// Orders of the person at the page, and the banner that shows what went wrong.

import { $ } from "./dom.js";
import { translated } from "./sentences.js";
import { fault, send } from "./session.js";
import { language, t } from "./texts.js";

/** Show what happened, and the station's own words about it. */
export function banner(what, why, { lang = "en", label = t("close"), onclick = hideBanner } = {}) {
  $("banner-what").textContent = what;
  Object.assign($("banner-why"), { textContent: why, lang });
  Object.assign($("banner-act"), { textContent: label, onclick, hidden: false });
  $("banner").hidden = false;
}

function warn(text) {
  const known = translated("answers", text);
  banner(t("unchanged"), known ?? text, { lang: known === null ? "en" : language });
}

export function hideBanner() { $("banner").hidden = true; }

/** Hide what was said about an order, as the person has gone on; not that the station is away. */
export function leaveBanner() {
  if ($("banner-act").onclick === hideBanner) hideBanner();
}

/** Have something done; the answer, or undefined after a refusal, which the banner shows. */
export async function attempt(act) {
  try {
    const answer = await act();
    if (answer?.warning) warn(answer.warning);
    else hideBanner();
    return answer;
  } catch (error) {
    const [what, why] = fault(error);
    banner(what, why, { lang: error.lang });
    return undefined;
  }
}

export const order = (method, path, body) => attempt(() => send(method, path, body));

/** The same while `button` waits. */
export async function waiting(button, act) {
  button.disabled = true;
  try {
    return await attempt(act);
  } finally {
    button.disabled = false;
  }
}

const TRIAL_MS = 120_000;

/** What a trial has found, which may take long, while `button` waits. */
export const tried = (button, path) => waiting(button, () => send("POST", path, undefined, TRIAL_MS));
