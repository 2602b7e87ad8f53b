// The station itself: version, addresses, storage, support bundle.

import { $ } from "./base/dom.js";
import { may, read } from "./base/session.js";
import { size, t, word } from "./base/texts.js";

const UPGRADE = "sudo apt install ./intercomd_*.deb ./python3-pjsua2_*.deb";
const UPDATE = "sudo intercomctl update install";

let version = "";

/** Read what does not change while the station runs. */
export async function loadSystem() {
  version ||= (await read("/v1")).version;
  $("version").textContent = version;
  $("upkeep").hidden = !may("admin");
}

export function showSystem({ appliance, network, storage }) {
  const offered = appliance.offered_version;
  $("upgrade-how").textContent = offered ? t("system.offered", { version: offered }) : t("system.upgrade");
  $("upgrade").textContent = offered ? UPDATE : UPGRADE;
  $("address").textContent = appliance.address || t("system.no_address");
  $("network").textContent = network.up ? network.addresses.join(", ") : t("system.no_network");
  $("storage").textContent = storage === null ? t("system.not_measured") : t("system.storage", {
    state: word("space", storage.state), free: size(storage.free_bytes),
    needed: size(storage.needed_bytes), used: size(storage.recordings_bytes),
  });
}
