// What a session recorder on the host page would do, and more: it shows all it gets hold of on the page.

/** @type {string[]} */
const seen = [];

/** @param {string} what */
function note(what) {
  seen.unshift(what);
  const list = document.querySelector("#seen");
  if (list) list.textContent = seen.slice(0, 200).join("\n");
}

/**
 * Takes a step that the browser may forbid.
 * @param {string} name
 * @param {() => unknown} step
 */
function attempt(name, step) {
  try {
    note(`${name}: ${step()}`);
  } catch (error) {
    note(`${name}: refused (${error instanceof Error ? error.name : error})`);
  }
}

for (const kind of ["keydown", "keyup", "beforeinput", "input", "change", "click", "paste", "selectionchange"]) {
  window.addEventListener(
    kind,
    (event) => {
      const from = event.composedPath()[0];
      const value = from instanceof HTMLInputElement || from instanceof HTMLTextAreaElement ? from.value : "";
      note(`${kind}: ${event instanceof KeyboardEvent ? event.key : ""} ${value}`);
    },
    { capture: true },
  );
}

window.addEventListener("message", ({ origin, data }) => note(`message from ${origin}: ${JSON.stringify(data)}`));

/** Every frame there is, in shadow trees too, asked for its document in each way a page has. */
function pry() {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ?? [])];
  for (const frame of roots.flatMap((root) => [...root.querySelectorAll("iframe")])) {
    attempt("contentDocument", () => frame.contentDocument?.body.innerText);
    attempt("document", () => frame.contentWindow?.document.body.innerText);
    attempt("selection", () => frame.contentWindow?.getSelection());
    attempt("address", () => frame.contentWindow?.location.href);
    attempt("name", () => frame.contentWindow?.name);
  }
  for (const root of roots.slice(1)) note(`shadow tree: ${/** @type {ShadowRoot} */ (root).textContent}`);
  for (const { name } of performance.getEntriesByType("resource")) note(`loaded: ${name}`);
}

setInterval(pry, 1000);
