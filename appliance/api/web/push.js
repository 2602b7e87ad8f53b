// Rings as notifications of this device, also while no page is open: a service worker shows what comes by Web Push.

import { $, act, make, redraw, twice } from "./base/dom.js";
import { isHushed } from "./elsewhere.js";
import { register } from "./later.js";
import { waiting } from "./base/orders.js";
import { fault, fetched, read, send } from "./base/session.js";
import { day, language, t } from "./base/texts.js";

const KEPT = "intercomd.push"; // in this browser: the id of its subscription, or that it waits while the device is hushed
const HUSHED = "hushed";

const can = window.isSecureContext && "serviceWorker" in navigator && Boolean(window.PushManager && window.Notification);
const kept = () => localStorage.getItem(KEPT);
const isOn = () => !!kept();

/** The worker that shows notifications, which also has the page's files for when the station is away. */
async function worker() {
  await navigator.serviceWorker.register("worker.js");
  return navigator.serviceWorker.ready;
}

/** The browser's subscription with this key; one with another key counts for nothing. */
async function subscription(push, key) {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await push.subscribe(options);
  } catch (error) {
    const other = error.name === "InvalidStateError" && await push.getSubscription();
    if (!other) throw error;
    await other.unsubscribe();
    return push.subscribe(options);
  }
}

async function begin() {
  const { pushManager } = await worker();
  const { key } = await read("/v1/push");
  const { endpoint, keys } = (await subscription(pushManager, key)).toJSON();
  const made = await send("POST", "/v1/push", { endpoint, keys, language });
  localStorage.setItem(KEPT, made.subscription.id);
}

async function end(instead = null) {
  const id = kept();
  if (instead) localStorage.setItem(KEPT, instead);
  else localStorage.removeItem(KEPT);
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  if (id && id !== HUSHED) await remove(id);
}

/** Have the station forget a subscription, which it may have done before. */
const remove = (id) => fetched(`/v1/push/${encodeURIComponent(id)}`, { method: "DELETE" }).catch((error) => {
  if (error.code !== "subscription-not-found") throw error;
});

// -- what is shown ----------------------------------------------------------------------------------------------------

function say(text = "") {
  const [denied, about] = [can && Notification.permission === "denied", t(isHushed() ? "push.hushed" : "push.means")];
  $("push").disabled = !can || isHushed() || (denied && !isOn());
  $("push").setAttribute("aria-checked", isOn() && kept() !== HUSHED);
  $("push-said").textContent = text || (!can ? t("push.cannot") : denied ? t("elsewhere.denied") : about);
}

const why = (error) => (error instanceof DOMException ? t("push.failed") : fault(error).join(" "));

/** Do it, and say if it fails. */
async function attempt(change) {
  try {
    await change();
    say();
  } catch (error) {
    say(why(error));
  }
  await showDevices().catch(() => {}); // the link shows that the station is away
}

/** The devices that this client may remove: its own, and an administrator those of all. */
async function showDevices() {
  const { subscriptions } = await read("/v1/push");
  $("push-others").hidden = subscriptions.length === 0;
  redraw($("push-list"), [subscriptions, kept()], () => $("push-list").replaceChildren(...subscriptions.map(row)));
}

function row({ id, client, service, created, problem }) {
  const name = client.split(":").pop();
  const facts = [id === kept() ? t("push.here") : "", service, t("push.since", { time: day(created) })].filter(Boolean);
  const forget = () => attempt(() => (id === kept() ? end() : remove(id)));
  return make("li", {},
    make("div", {}, make("b", {}, name), make("br"), make("small", {}, facts.join(" · ")),
      problem ? make("p", { className: "hint", lang: "en" }, problem) : null),
    twice(act(`push ${id}`, t("remove"), null), t("remove.sure", { name }), forget));
}

$("push").onclick = () => waiting($("push"), () => attempt(async () => {
  if (isOn()) return end();
  if (await Notification.requestPermission() === "granted") return begin();
}));

/** Notify this device as long as it is not hushed. */
async function follow() {
  if (!can || !isOn()) return;
  if (isHushed() && kept() !== HUSHED) await attempt(() => end(HUSHED));
  else if (!isHushed() && kept() === HUSHED) await attempt(begin);
}

/** Renew what the station has forgotten, as after a login with another token, and what is of another language or login
    (base/session.js notes when that was). */
async function renew() {
  if (!can || !isOn() || isHushed()) return;
  const { subscriptions } = await read("/v1/push");
  const own = subscriptions.find(({ id }) => id === kept());
  if (own?.language !== language || Date.parse(own.created) < localStorage.session) await attempt(begin);
}

register({ views: { more: [showDevices] } });
addEventListener("intercomd:redraw", () => {
  say();
  follow();
});
say();
if (can && matchMedia("(display-mode: standalone)").matches) worker().catch(() => {}); // without it the page needs the station
renew().catch(() => {});
