// Leaving the page. It loads on its own, so that it works when the chat does not.
//
// The order matters: first the words go from the screen, then everything else. Nothing is waited for.

/** What people type when they want to go. Handled here, so that it works with no server at all. */
const EXIT_WORDS = new Set(["exit", "/exit", "leave", "quit", "close"]);

/** Two presses further apart than this are not one wish to leave. */
const TWICE_WITHIN_MS = 2000;

const TABS = "signpost";

/** @typedef {"escape" | "escape-twice" | "off"} ExitKey */

/**
 * Reads the setting for the exit key. One that can't be read must not switch the exit off.
 * @param {string | undefined} setting
 * @returns {ExitKey}
 */
export function readExitKey(setting) {
  return setting === "off" || setting === "escape-twice" ? setting : "escape";
}

/**
 * Is this text a wish to leave, and nothing more?
 * @param {string} text what was typed
 * @returns {boolean}
 */
export function isExitWord(text) {
  return EXIT_WORDS.has(text.trim().toLowerCase().replace(/[.!]+$/, ""));
}

/**
 * Empties the document. The neutral title and icon stay: without a title a tab shows its address.
 * Removing the chat makes it tell the server to forget (see signpost-chat.js).
 */
export function blank() {
  for (const field of document.querySelectorAll("textarea")) field.value = "";
  document.body.replaceChildren();
}

export class Exit {
  #left = false;
  #escapes = 0;
  #lastEscape = 0;
  #url;
  #key;
  #go;
  #leaveOnReturn;
  /** @type {BroadcastChannel | null} */
  #tabs = null;

  /**
   * @param {object} options
   * @param {string} options.url where to go: the exit link's own address
   * @param {ExitKey} options.key what Escape does
   * @param {(url: string) => void} [options.go] moves the browser there; a frame asks its host page instead
   * @param {boolean} [options.leaveOnReturn] leave again when the Back button brings this page back. Not in a
   *   frame, where Back may be meant for the host page: its loader puts a new frame in the emptied one's place.
   */
  constructor({ url, key, go = (there) => location.replace(there), leaveOnReturn = true }) {
    this.#url = url;
    this.#key = key;
    this.#go = go;
    this.#leaveOnReturn = leaveOnReturn;
  }

  /** Starts listening: the exit link, the exit key, other tabs, and the page going away or coming back. */
  watch() {
    document.addEventListener("click", (event) => {
      if (!(event.target instanceof Element) || !event.target.closest("a.exit")) return;
      event.preventDefault();
      this.leave();
    });
    document.addEventListener("signpost:exit", () => this.leave());
    // Captured on the window, so that an open menu or dialog cannot swallow the key first.
    window.addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    window.addEventListener("pagehide", () => this.#onHide());
    window.addEventListener("pageshow", (event) => this.#onShow(event));
    this.#listenToTabs();
  }

  /**
   * Leaves now, once. Every step that could fail is fenced off, so that the last one is always reached.
   * @param {{tellTabs?: boolean}} [options] tellTabs: also blank Signpost's other tabs
   */
  leave({ tellTabs = true } = {}) {
    if (this.#left) return;
    this.#left = true;
    blank();
    if (tellTabs) this.#attempt(() => this.#tabs?.postMessage("exit"));
    this.#go(this.#url);
  }

  /** Escape as the exit key, wherever it was pressed: here, or in the host page around a frame. */
  pressEscape() {
    if (this.#key === "off") return;
    const now = Date.now();
    this.#escapes = now - this.#lastEscape <= TWICE_WITHIN_MS ? this.#escapes + 1 : 1;
    this.#lastEscape = now;
    if (this.#key === "escape" || this.#escapes > 1) this.leave();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape") {
      this.#escapes = 0;
      return;
    }
    // While a word is being composed, Escape belongs to the input method. 229 is how Safari says so.
    if (event.isComposing || event.keyCode === 229) return;
    // Browsers stop a page load on Escape: a frightened second press must not keep the person here.
    if (this.#left) event.preventDefault();
    else if (!event.repeat) this.pressEscape();
    if (this.#left) event.preventDefault();
  }

  /** The page may be kept whole for the Back button, so it must be empty before it goes. */
  #onHide() {
    blank();
    // An open channel keeps some browsers from letting the page go.
    this.#tabs?.close();
    this.#tabs = null;
  }

  /** @param {PageTransitionEvent} event */
  #onShow(event) {
    if (!event.persisted) return;
    blank();
    if (this.#leaveOnReturn) this.#go(this.#url);
  }

  #listenToTabs() {
    this.#attempt(() => {
      this.#tabs = new BroadcastChannel(TABS);
      this.#tabs.onmessage = () => this.leave({ tellTabs: false });
    });
  }

  /** @param {() => void} step */
  #attempt(step) {
    try {
      step();
    } catch {
      // Leaving comes first: another tab that can't be told is no reason to stay.
    }
  }
}
