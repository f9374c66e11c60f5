// Draws messages. Everything is set as text: there is no markup to inject into.

/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./api.js").Channel} Channel */
/** @typedef {import("./api.js").QuickReply} QuickReply */

/** Languages written from right to left. */
const RIGHT_TO_LEFT = new Set(["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);

const TEXTABLE = /^\+?[\d ]+$/;

/**
 * @param {Message} message
 * @returns {HTMLElement}
 */
export function drawMessage({ text, lang, channels }) {
  const words = element("div", { className: "words" }, ...paragraphs(text));
  if (lang) {
    words.lang = lang;
    words.dir = isRightToLeft(lang) ? "rtl" : "ltr";
  }
  const article = element("article", { className: "from-bot" }, hidden("Reply:"), words);
  if (channels.length) article.append(element("ul", { className: "channels" }, ...channels.map(drawChannel)));
  return article;
}

/**
 * @param {string} text what the person said or chose
 * @returns {HTMLElement}
 */
export function drawOwn(text) {
  // dir=auto keeps words in any script from reordering what is around them.
  const words = element("p", {}, text);
  words.dir = "auto";
  return element("article", { className: "from-person" }, hidden("You said:"), words);
}

/**
 * @param {QuickReply[]} replies
 * @param {(reply: QuickReply) => void} onChoose
 * @returns {HTMLElement}
 */
export function drawChoices(replies, onChoose) {
  const group = element("div", { className: "choices" });
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Choose one, or write your own words");
  for (const reply of replies) {
    const button = element("button", { type: "button" }, reply.title);
    button.dir = "auto";
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") onChoose(reply);
    });
    group.append(button);
  }
  return group;
}

/**
 * Closes a set of choices. The buttons stay focusable while focused, so that a keyboard user is not thrown
 * back to the top of the page.
 * @param {HTMLElement} group
 */
export function closeChoices(group) {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-disabled", "true");
    button.tabIndex = -1;
  }
}

/**
 * What a screen reader says when messages arrive: once, short, in reading order.
 * @param {Message[]} messages
 * @returns {HTMLElement}
 */
export function readAloud(messages) {
  const spoken = element("div", {});
  for (const { text, lang, channels } of messages) {
    const words = element("p", {}, text);
    if (lang) words.lang = lang;
    spoken.append(words, ...channels.map((channel) => element("p", {}, summary(channel))));
  }
  const choices = messages.flatMap((message) => message.quickReplies.map((reply) => reply.title));
  if (choices.length) spoken.append(element("p", {}, `You can choose: ${choices.join("; ")}.`));
  return spoken;
}

/**
 * @param {Channel} channel
 * @param {number} position
 * @returns {HTMLElement}
 */
function drawChannel(channel, position) {
  const card = element("li", { className: position === 0 ? "channel lead" : "channel" });
  const heading = element("div", { className: "heading" }, element("h3", {}, channel.name));
  if (channel.openNow !== null) {
    heading.append(
      element("span", { className: channel.openNow ? "open" : "closed" }, channel.openNow ? "Open now" : "Closed now"),
    );
  }
  card.append(heading, element("div", { className: "ways" }, ...ways(channel)));
  if (channel.about) card.append(element("p", {}, channel.about));
  const facts = [channel.hours && sentence(channel.hours), channel.cost && sentence(channel.cost)].filter(Boolean);
  if (facts.length) card.append(element("p", { className: "facts" }, facts.join(" ")));
  if (channel.details) {
    card.append(element("details", {}, element("summary", {}, "More about this"), ...paragraphs(channel.details)));
  }
  return card;
}

/**
 * @param {Channel} channel
 * @returns {HTMLElement[]} links to call, text and visit
 */
function ways({ name, phone, tel, text, url }) {
  const list = [];
  if (phone && tel) list.push(link("call", tel, "Call ", number(phone)));
  else if (phone) list.push(element("p", {}, "Call ", number(phone)));
  if (text && TEXTABLE.test(text)) list.push(link("text", `sms:${text.replaceAll(" ", "")}`, "Text ", number(text)));
  else if (text) list.push(element("p", {}, text));
  if (url) {
    const site = link("site", url, siteName(url), hidden(` (${name}, opens a new tab)`));
    // In a new tab: leaving this one would lose the other numbers.
    site.target = "_blank";
    site.rel = "noreferrer noopener";
    list.push(site);
  }
  return list;
}

/** @param {Channel} channel */
function summary({ name, phone, openNow }) {
  const when = openNow === null ? "" : openNow ? ", open now" : ", closed now";
  return phone ? `${name}${when}: call ${phone}.` : `${name}${when}.`;
}

/** @param {string} url */
function siteName(url) {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return "Website";
  }
}

/** @param {string} digits */
function number(digits) {
  const isolated = element("bdi", { className: "number" }, digits);
  isolated.dir = "ltr";
  return isolated;
}

/** @param {string} words */
function sentence(words) {
  const trimmed = words.trim();
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** @param {string} text */
function paragraphs(text) {
  return text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => element("p", {}, part));
}

/** @param {string} lang */
function isRightToLeft(lang) {
  return RIGHT_TO_LEFT.has(lang.toLowerCase().split("-")[0] ?? "");
}

/** @param {string} text for screen readers only */
const hidden = (text) => element("span", { className: "for-ears" }, text);

/**
 * @param {string} className
 * @param {string} href
 * @param {...(Node | string)} children
 */
const link = (className, href, ...children) => element("a", { className, href }, ...children);

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
