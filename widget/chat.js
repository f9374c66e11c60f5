// The page's wiring: where the exit goes, what Escape does, and whether a host page is around us.

import { Exit, readExitKey } from "./exit.js";
import { Host, framed } from "./frame.js";

const { exitUrl = "", exitKey } = /** @type {HTMLElement} */ (document.querySelector("signpost-chat")).dataset;
const key = readExitKey(exitKey);

if (framed()) {
  const host = new Host();
  const exit = new Exit({ url: exitUrl, key, go: (url) => host.leave(url), leaveOnReturn: false });
  exit.watch();
  host.listen({ onJoin: () => offerToHide(host), onEscape: () => exit.pressEscape() });
} else {
  new Exit({ url: exitUrl, key }).watch();
}

/** @param {Host} host */
function offerToHide(host) {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("button.hide"));
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => host.hide());
}
