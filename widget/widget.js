// The loader for other sites: one script tag, a button, and the chat in a frame on Signpost's own origin, where
// nothing on the host page can read it. Works under a content security policy without 'unsafe-inline'.
//
//   <script src="https://signpost.example/chat/widget.js" async
//           data-label="Chat" data-position="right" data-exit="https://www.example.org/"></script>
//
// data-label     what the button says
// data-position  "right" or "left"
// data-exit      where this site's exit goes; without it, where Signpost's own goes
//
// Between this page and the frame go only {version}, {exit} and {height}: see frame.js.

(() => {
  const VERSION = 1;
  const NARROW = "(max-width: 30rem), (max-height: 30rem)";

  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement) || document.querySelector("[data-signpost-chat]")) return;

  const { label = "Chat", position, exit: ownExit } = script.dataset;
  const origin = new URL(script.src).origin;
  const page = new URL("frame", script.src).href;

  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  let answered = false;
  let left = false;

  const host = document.createElement("div");
  host.setAttribute("data-signpost-chat", "");
  // Keeps the host page's styles out. What must be kept from its scripts is in the frame, on another origin.
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [styles()];

  const panel = document.createElement("section");
  panel.setAttribute("aria-label", label);
  panel.hidden = true;

  const trouble = document.createElement("p");
  const alone = document.createElement("a");
  alone.href = new URL("./", script.src).href;
  alone.rel = "noreferrer";
  alone.textContent = "Open the chat on its own page";
  trouble.append("The chat did not open here. ", alone, ".");
  trouble.hidden = true;

  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.textContent = label;
  launcher.setAttribute("aria-expanded", "false");
  launcher.addEventListener("click", () => show(panel.hidden === true));

  root.append(launcher, panel);
  if (position === "left") host.setAttribute("data-left", "");
  window.addEventListener("message", onMessage);
  window.addEventListener("keydown", onKey, { capture: true });
  window.addEventListener("pageshow", onReturn);
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  if (document.body) document.body.append(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));

  /** @param {boolean} open */
  function show(open) {
    panel.hidden = !open;
    host.toggleAttribute("data-open", open);
    launcher.setAttribute("aria-expanded", String(open));
    launcher.textContent = open ? "Hide chat" : label;
    if (open && !frame) load();
    fit();
    if (open) frame?.focus();
  }

  /** Only when somebody opens it: until then nothing is asked of the server. */
  function load() {
    frame = document.createElement("iframe");
    frame.src = page;
    frame.title = label;
    frame.referrerPolicy = "no-referrer";
    frame.addEventListener("load", () => {
      tell({});
      // Signpost is down, or does not allow this site: the frame is empty then.
      setTimeout(() => (trouble.hidden = answered), 2000);
    });
    panel.append(trouble, frame);
  }

  /** @param {{exit?: boolean}} message */
  function tell(message) {
    frame?.contentWindow?.postMessage({ version: VERSION, ...message }, origin);
  }

  /** @param {MessageEvent} event */
  function onMessage({ source, origin: from, data }) {
    if (!frame || source !== frame.contentWindow || from !== origin || data?.version !== VERSION) return;
    answered = true;
    host.setAttribute("data-answered", "");
    trouble.hidden = true;
    if (typeof data.exit === "string") leave(data.exit);
    else if (data.height === 0) {
      show(false);
      launcher.focus();
    }
  }

  /**
   * Escape on the host page, while the chat is open: the frame knows whether that means leaving.
   * @param {KeyboardEvent} event
   */
  function onKey(event) {
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
    // After leaving, Escape would stop the next page from loading.
    if (left) event.preventDefault();
    else if (!panel.hidden && answered && !event.repeat) tell({ exit: true });
  }

  /**
   * Empties the page and goes, in one step. The page's history entry is replaced, so Back doesn't return to it.
   * @param {string} url the chat's own exit
   */
  function leave(url) {
    if (left) return;
    left = true;
    const there = webAddress(ownExit) ?? webAddress(url) ?? "about:blank";
    document.title = there === "about:blank" ? "" : new URL(there).hostname;
    document.body.replaceChildren();
    // The exit's site must not learn where its visitor was.
    const silence = document.createElement("meta");
    silence.name = "referrer";
    silence.content = "no-referrer";
    document.head.append(silence);
    try {
      (window.top ?? window).location.replace(there);
    } catch {
      location.replace(there);
    }
  }

  /**
   * A page brought back by the Back button holds a frame that emptied itself.
   * @param {PageTransitionEvent} event
   */
  function onReturn(event) {
    if (!event.persisted || !frame) return;
    frame.remove();
    frame = null;
    answered = false;
    if (!panel.hidden) show(false);
  }

  /** On a small screen the chat fills what the keyboard leaves free. */
  function fit() {
    const view = window.visualViewport;
    const fill = view && !panel.hidden && window.matchMedia(NARROW).matches;
    panel.style.top = fill ? `${view.offsetTop}px` : "";
    panel.style.height = fill ? `${view.height}px` : "";
  }

  /**
   * @param {string | undefined} url
   * @returns {string | undefined} the address, if it is one of the web's
   */
  function webAddress(url) {
    return url && /^https?:\/\//.test(url) && URL.canParse(url) ? url : undefined;
  }

  function styles() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :host { all: initial; color-scheme: light dark; }
      @media print { :host { display: none; } }
      * { box-sizing: border-box; }
      [hidden] { display: none !important; }
      button, section { position: fixed; z-index: 2147483647; right: 1rem; font: 600 1rem/1.3 system-ui, sans-serif; }
      :host([data-left]) :is(button, section) { right: auto; left: 1rem; }
      button { bottom: 1rem; min-height: 3rem; padding: 0 1.25rem; border: 2px solid #fff; border-radius: 1.5rem;
        background: #0b5566; color: #fff; cursor: pointer; box-shadow: 0 2px 10px rgb(0 0 0 / 0.3); }
      button:focus-visible { outline: 3px solid #0b5566; outline-offset: 3px; }
      section { bottom: 5rem; width: 25rem; height: min(42rem, calc(100dvh - 6rem)); overflow: hidden;
        border: 1px solid #76848c; border-radius: 0.75rem; background: Canvas; color: CanvasText;
        box-shadow: 0 4px 24px rgb(0 0 0 / 0.3); }
      iframe { display: block; width: 100%; height: 100%; border: 0; }
      p { margin: 0; padding: 1rem; font-weight: 400; }
      @media ${NARROW} {
        section, :host([data-left]) section { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
        /* The chat has a Hide button of its own, once it has answered. */
        :host([data-open][data-answered]) button { display: none; }
      }
    `);
    return sheet;
  }
})();
