// The station's clock, as far as its answers and events show it, and its time zone: this device's own may differ.

let ahead = -Infinity; // the station's time less performance.now(), at least

/** It is this moment there, or later. */
export function heard(time) {
  const moment = Date.parse(time);
  if (!Number.isNaN(moment)) ahead = Math.max(ahead, moment - performance.now());
}

let named = "";

/** The station's time zone; "" while it is unknown. */
export const zone = () => named;

const UTC = /^(Etc\/)?(UTC|UCT|Universal|Zulu)$/;

/** A zone by the name that people know. */
export const zoneName = (name) => (UTC.test(name) ? "UTC" : name);

/** Show times in this zone from now on; in this device's own, which none is named, if the browser does not know it. */
export function setZone(name) {
  try { new Intl.DateTimeFormat("en", { timeZone: named = zoneName(name) }); } catch { named = ""; }
}

/** Forget: the station's clock may have been set meanwhile. */
export function forget() { ahead = -Infinity; }

/** This device's clocks. While it sleeps, the first stands still in some browsers; the second may be set. */
export const clocks = () => [performance.now(), Date.now()];

/** The moment there, or shortly before; in milliseconds since 1970. */
export const now = () => performance.now() + ahead;

/** Seconds until a moment of the station. */
export const left = (until) => (Date.parse(until) - now()) / 1000;
