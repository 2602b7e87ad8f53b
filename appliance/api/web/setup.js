// The set-up, for those who look after the station, and the settings that residents seldom change.

import { showAccounts } from "./accounts.js";
import { examine } from "./check.js";
import { showEvent } from "./events.js";
import { register } from "./later.js";
import { showPanel } from "./panel.js";
import { showSettings } from "./settings.js";
import { showSound } from "./sound.js";
import { loadSystem, showSystem } from "./system.js";
import { hideToken, showTokens } from "./tokens.js";

register({
  views: { system: [loadSystem, examine], access: [showTokens] },
  show: (state) => {
    showAccounts(state.accounts);
    showPanel(state.panel);
    showSettings(state);
    showSound(state.audio);
    showSystem(state);
  },
  hear: showEvent,
  leave: hideToken,
});
