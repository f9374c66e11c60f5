// The loader for other sites: one script tag, a button, and the chat in a frame on Signpost's own origin, where
// nothing on the host page can read it. Works under a content security policy without 'unsafe-inline'.
// `signpost embed` prints the tag; docs/embedding.md explains its settings.
//
// Between this page and the frame go only {version}, {exit} and {height}: see frame.js.
//
// Written for browsers of 2018 on, so that an older one still gets a link to the page with the numbers.

(() => {
  const VERSION = 1;
  const NARROW = "(max-width: 30rem), (max-height: 30rem)";
  /** As in the chat: a frightened person waits no longer than this for a number to call. */
  const NUMBERS_AFTER_MS = 3000;

  /**
   * Filled in by the server as it reads this file (bot/page.py): the numbers from directory/, the rest from .env.
   * @type {{exit: string, exitKey: string, numbers: {name: string, call: string, tel: string}[]}}
   */
  const FILLED = JSON.parse("{{loader}}");

  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement) || document.querySelector("[data-signpost-chat]")) return;

  const { label = "Chat", position, colour, exit: ownExit } = script.dataset;
  const origin = new URL(script.src).origin;
  const page = new URL("./", script.src).href;

  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  let answered = false;
  let left = false;
  let late = 0;

  const host = document.createElement("div");
  host.setAttribute("data-signpost-chat", "");
  host.toggleAttribute("data-left", position === "left");

  const sheet = styles();
  if (!sheet) {
    const link = anchor(page, label);
    // Set by hand, which a content security policy allows.
    link.style.cssText = `position:fixed;bottom:16px;${position === "left" ? "left" : "right"}:16px;
      padding:14px 20px;background:#0b5566;color:#fff;font:bold 16px sans-serif;`;
    host.append(link);
    putIn();
    return;
  }

  // Keeps the host page's styles out. What must be kept from its scripts is in the frame, on another origin.
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];

  const panel = document.createElement("section");
  panel.setAttribute("aria-label", label);
  panel.tabIndex = -1;
  panel.hidden = true;

  // What there is until the chat answers: the way out, and after a while the numbers.
  const waiting = document.createElement("div");
  const exit = anchor(webAddress(ownExit) || FILLED.exit, "Exit now");
  exit.className = "exit";
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const numbers = document.createElement("ul");
  for (const { name, call, tel } of FILLED.numbers) {
    const item = document.createElement("li");
    item.append(`${name} `, anchor(tel, call));
    numbers.append(item);
  }
  const alone = document.createElement("p");
  alone.append(anchor(page, "Open the chat on its own page"));
  waiting.append(exit, status, numbers, alone);
  panel.append(waiting);

  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.textContent = label;
  launcher.setAttribute("aria-expanded", "false");
  launcher.addEventListener("click", () => show(panel.hidden));
  paint(colour);

  root.append(launcher, panel);
  window.addEventListener("message", onMessage);
  window.addEventListener("keydown", onKey, { capture: true });
  window.addEventListener("pageshow", onReturn);
  if (window.visualViewport) {
    window.visualViewport.addEventListener("resize", fit);
    window.visualViewport.addEventListener("scroll", fit);
  }
  putIn();

  /** Puts the button on the page, in the place of a plain link that stood there for browsers that run no script. */
  function putIn() {
    if (!document.body) {
      document.addEventListener("DOMContentLoaded", putIn);
      return;
    }
    document.body.append(host);
    for (const link of document.querySelectorAll("a[data-signpost-link]")) link.remove();
  }

  /** @param {boolean} open */
  function show(open) {
    panel.hidden = !open;
    host.toggleAttribute("data-open", open);
    launcher.setAttribute("aria-expanded", String(open));
    launcher.textContent = open ? "Hide chat" : label;
    if (open && !frame) load();
    fit();
    if (open) focus();
  }

  function focus() {
    (answered && frame ? frame : panel).focus();
  }

  /** Only when somebody opens it: until then nothing is asked of the server. */
  function load() {
    const made = document.createElement("iframe");
    made.src = new URL("frame", page).href;
    made.title = label;
    made.referrerPolicy = "no-referrer";
    made.addEventListener("load", () => tell({}));
    numbers.hidden = alone.hidden = true;
    status.textContent = "Opening the chat…";
    // Signpost is slow, or down, or does not allow this site.
    late = setTimeout(() => {
      numbers.hidden = alone.hidden = false;
      status.textContent = "The chat has not opened. You can call a number now.";
    }, NUMBERS_AFTER_MS);
    frame = made;
    panel.append(made);
  }

  /** @param {{exit?: boolean}} message */
  function tell(message) {
    if (frame && frame.contentWindow) {
      frame.contentWindow.postMessage(Object.assign({ version: VERSION }, message), origin);
    }
  }

  /** @param {MessageEvent} event */
  function onMessage({ source, origin: from, data }) {
    if (!frame || source !== frame.contentWindow || from !== origin || !data || data.version !== VERSION) return;
    if (!answered) onAnswer();
    if (typeof data.exit === "string") leave(data.exit);
    else if (data.height === 0) {
      show(false);
      launcher.focus();
    }
  }

  /** The chat is there: it takes the place, and the focus if that was waiting for it. */
  function onAnswer() {
    const waited = root.activeElement === panel || waiting.contains(root.activeElement);
    answered = true;
    clearTimeout(late);
    host.setAttribute("data-answered", "");
    if (waited) focus();
  }

  /**
   * Escape on the host page, while the chat is open. Anything but one press is for the frame to count.
   * @param {KeyboardEvent} event
   */
  function onKey(event) {
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
    // After leaving, Escape would stop the next page from loading.
    if (left) event.preventDefault();
    else if (panel.hidden || event.repeat) return;
    else if (FILLED.exitKey === "escape") {
      event.preventDefault();
      leave();
    } else if (answered) tell({ exit: true });
  }

  /**
   * Empties the page and goes, in one step. The page's history entry is replaced, so Back doesn't return to it.
   * @param {string} [url] the chat's own exit
   */
  function leave(url) {
    if (left) return;
    left = true;
    // Out of sight, but not out of the page: the frame still has to tell other tabs, and the server.
    host.style.display = "none";
    for (const node of Array.from(document.body.childNodes)) if (node !== host) node.remove();
    if (answered) tell({ exit: true });
    const there = webAddress(ownExit) || webAddress(url) || FILLED.exit;
    const icon = document.createElement("link");
    icon.rel = "icon";
    icon.href = "data:,";
    // The exit's site must not learn where its visitor was.
    const silence = document.createElement("meta");
    silence.name = "referrer";
    silence.content = "no-referrer";
    document.head.replaceChildren(silence, icon);
    document.title = new URL(there).hostname;
    try {
      (window.top || window).location.replace(there);
    } catch (_) {
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
    host.removeAttribute("data-answered");
    if (!panel.hidden) show(false);
  }

  /** On a small screen the chat fills what the keyboard leaves free. */
  function fit() {
    const view = window.visualViewport;
    const fill = view && !panel.hidden && window.matchMedia(NARROW).matches;
    panel.style.top = view && fill ? `${view.offsetTop}px` : "";
    panel.style.height = view && fill ? `${view.height}px` : "";
  }

  /**
   * Gives the button the site's own colour, with black or white words, whichever can be read on it (WCAG 1.4.3).
   * @param {string | undefined} given such as #0b5566
   */
  function paint(given) {
    if (!given || !/^#[0-9a-f]{6}$/i.test(given)) return;
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = parseInt(given.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    launcher.style.backgroundColor = given;
    launcher.style.color = light > 0.179 ? "#000" : "#fff";
  }

  /**
   * @param {string} href
   * @param {string} words
   */
  function anchor(href, words) {
    const made = document.createElement("a");
    made.href = href;
    made.rel = "noreferrer";
    made.textContent = words;
    return made;
  }

  /**
   * @param {string | undefined} url
   * @returns {string | undefined} the address, if it is one of the web's
   */
  function webAddress(url) {
    try {
      if (url && /^https?:\/\//.test(url)) return new URL(url).href;
    } catch (_) {
      // Not an address: as good as none.
    }
    return undefined;
  }

  /** @returns {CSSStyleSheet | null} null where the browser is too old for styles that a policy can't refuse */
  function styles() {
    if (!("adoptedStyleSheets" in Document.prototype)) return null;
    const made = new CSSStyleSheet();
    made.replaceSync(`
      :host { all: initial; color-scheme: light dark; }
      @media print { :host { display: none; } }
      * { box-sizing: border-box; }
      [hidden] { display: none !important; }
      button, section { position: fixed; z-index: 2147483646; right: 1rem; font: 1rem/1.4 system-ui, sans-serif; }
      :host([data-left]) :is(button, section) { right: auto; left: 1rem; }
      button { z-index: 2147483647; bottom: 1rem; max-width: calc(100% - 2rem); min-height: 3rem; padding: 0.25rem 1.25rem;
        border: 2px solid #fff; border-radius: 1.5rem; background: #0b5566; color: #fff; font-weight: 600;
        cursor: pointer; box-shadow: 0 2px 10px rgb(0 0 0 / 0.3); }
      /* Two rings, so that one is seen on any background. */
      button:focus-visible { outline: 3px solid #000; outline-offset: 0; box-shadow: 0 0 0 6px #fff; }
      section { bottom: 5rem; width: 25rem; max-width: calc(100% - 2rem); height: min(42rem, calc(100dvh - 6rem));
        overflow: auto; border: 1px solid #76848c; border-radius: 0.75rem; background: Canvas; color: CanvasText;
        box-shadow: 0 4px 24px rgb(0 0 0 / 0.3); }
      section:focus { outline: none; }
      iframe { display: block; width: 100%; height: 100%; border: 0; }
      :host(:not([data-answered])) iframe { position: absolute; visibility: hidden; }
      :host([data-answered]) div { display: none; }
      div { padding: 0.375rem 0.75rem; }
      p { margin: 0.75rem 0; }
      ul { margin: 0; padding: 0; list-style: none; }
      li { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.25rem 1rem;
        padding: 0.375rem 0; }
      a { display: inline-flex; align-items: center; min-height: 2.75rem; color: LinkText;
        color: light-dark(#0b5566, #83d0df); }
      li a { padding: 0 1rem; border: 2px solid; border-radius: 0.5rem; font-weight: 600; text-decoration: none; }
      .exit { display: flex; width: fit-content; margin-left: auto; padding: 0 0.875rem; border-radius: 0.5rem;
        background: #a3231d; color: #fff; font-weight: 600; text-decoration: none; }
      a:focus-visible { outline: 3px solid; outline-offset: 2px; }
      .exit:focus-visible { outline-color: CanvasText; }
      @media (forced-colors: active) { .exit { border: 2px solid LinkText; } }
      @media ${NARROW} {
        section, :host([data-left]) section { inset: 0; width: 100%; max-width: none; height: 100dvh; border: 0;
          border-radius: 0; }
        /* The chat has a Hide button of its own, once it has answered. */
        :host([data-open][data-answered]) button { display: none; }
      }
    `);
    return made;
  }
})();
