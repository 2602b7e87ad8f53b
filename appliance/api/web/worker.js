// The service worker: it shows rings that come by Web Push, and has the page's own files for when the station cannot be reached.
// Of what the station answers about itself, its calls and people, it keeps nothing.

const CACHE = "intercomd.shell";
const NAMED = /[\w.-]+\.[0-9a-f]{16}\.(?:js|css|svg|html)/g; // by its content
const BESIDE = /^(?:texts\/[\w.]+\.json|icon[\w-]*\.(?:svg|png)|manifest\.webmanifest)$/;
const HOME = self.registration.scope;
const at = (path) => new URL(path, HOME).href;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// -- the page's files -------------------------------------------------------------------------------------------------

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(HOME)) return;
  const path = request.url.slice(HOME.length).split(/[?#]/)[0];
  if (path === "" && request.mode === "navigate") event.respondWith(page(event));
  else if (path.replace(NAMED, "") === "" && path) event.respondWith(named(request));
  else if (BESIDE.test(path)) event.respondWith(beside(request));
});

/** The page: that of the station, and the one from before if the station cannot be reached. */
async function page(event) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(keep(answer.clone()));
    return answer;
  } catch (error) {
    const before = await caches.match(HOME);
    if (!before) throw error;
    return before;
  }
}

/** Keep a page with what it names, and nothing of another one. */
async function keep(answer) {
  const cache = await caches.open(CACHE);
  const [text, before] = [await answer.clone().text(), await (await cache.match(HOME))?.text()];
  if (text === before) return;
  const names = new Set(text.match(NAMED));
  await Promise.all([...names].map(async (name) => await cache.match(at(name)) ?? cache.add(at(name))));
  for (const { url } of await cache.keys()) {
    if (url.match(NAMED) && !names.has(url.slice(HOME.length))) await cache.delete(url);
  }
  await cache.put(HOME, answer);
}

/** A file that never changes. */
const named = async (request) => await caches.match(request.url) ?? beside(request);

/** A file of the page that may change: the station's, and the one from before if the station cannot be reached. */
async function beside(request) {
  try {
    const answer = await fetch(request);
    if (answer.status === 200) await (await caches.open(CACHE)).put(request.url, answer.clone());
    return answer;
  } catch (error) {
    const before = await caches.match(request.url);
    if (!before) throw error;
    return before;
  }
}

// -- notifications ----------------------------------------------------------------------------------------------------

/** Show a ring, or its end in the same place. */
self.addEventListener("push", (event) => {
  const { ring, kind, at: timestamp, title, body } = event.data.json();
  const rings = kind === "ring";
  event.waitUntil(self.registration.showNotification(title,
    { body, tag: ring, timestamp, icon: at("icon-192.png"), requireInteraction: rings, renotify: rings, silent: !rings }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open());
});

async function open() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = pages.find(({ url }) => url.split("#")[0] === HOME);
  return here ? here.focus() : self.clients.openWindow(HOME);
}

/** The browser has given the subscription up: tell the station of the new one, by the session of its cookie. */
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew({ oldSubscription, newSubscription }) {
  const made = newSubscription ?? await self.registration.pushManager.subscribe(oldSubscription.options);
  const { endpoint, keys } = made.toJSON();
  await fetch(at("v1/push"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ endpoint, keys, language: self.navigator.language.slice(0, 2) }),
  });
}
