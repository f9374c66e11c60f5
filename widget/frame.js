// The chat inside a frame, talking to the loader (widget.js) on the host page around it.
//
// The words between them are few: {version}, {exit} and {height}. Never anything that was said.

export const VERSION = 1;

/** How long the host page has to carry out an exit before the frame tries to move it by itself. */
const HOST_DEADLINE_MS = 200;

/** Was this page put in a frame? */
export const framed = () => window.parent !== window;

export class Host {
  /** @type {string | null} The host page's exact origin, known once its loader has said hello. */
  #origin = null;

  /**
   * Waits for the loader's hello. The server lets only configured sites frame this page
   * (frame-ancestors), so the parent that speaks first is one of them.
   * @param {{onJoin: () => void, onEscape: () => void}} listener
   */
  listen({ onJoin, onEscape }) {
    window.addEventListener("message", ({ source, origin, data }) => {
      if (source !== window.parent || origin === "null" || data?.version !== VERSION) return;
      if (this.#origin === null) {
        this.#origin = origin;
        this.#post({});
        onJoin();
      } else if (origin === this.#origin && data.exit === true) {
        onEscape();
      }
    });
  }

  /** Asks the host page to give the chat no room, until the person opens it again. */
  hide() {
    this.#post({ height: 0 });
  }

  /**
   * Asks the host page to leave: a key press in a frame may not move the page around it.
   * @param {string} url where to go, if the host page has no exit of its own
   */
  leave(url) {
    this.#post({ exit: url });
    // With no loader to answer, a click or tap still allows this.
    setTimeout(() => this.#moveTop(url), this.#origin === null ? 0 : HOST_DEADLINE_MS);
  }

  /** @param {{exit?: string, height?: number}} message */
  #post(message) {
    if (this.#origin !== null) window.parent.postMessage({ version: VERSION, ...message }, this.#origin);
  }

  /** @param {string} url */
  #moveTop(url) {
    try {
      (window.top ?? window).location.replace(url);
    } catch {
      location.replace(url);
    }
  }
}
