// Draws messages. Everything is set as text: there is no markup to inject into.

/** @typedef {import("./api.js").Message} Message */
/** @typedef {import("./api.js").Channel} Channel */
/** @typedef {import("./api.js").Details} Details */
/** @typedef {import("./api.js").QuickReply} QuickReply */
/** @typedef {import("./api.js").Way} Way */

/** Languages written from right to left. */
const RIGHT_TO_LEFT = new Set(["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);

/** A phone number in running text, to be kept on one line. */
const SPACED_NUMBER = /\d[\d ]{3,}\d/g;

/**
 * Draws what to do first, with the lead to do it by; then the other words, with the other channels.
 * @param {Message} message
 * @returns {HTMLElement}
 */
export function drawMessage({ text, lang, channels }) {
  const [first, ...others] = paragraphs(text);
  const [lead, ...rest] = channels.map(drawChannel);
  const article = element("article", { className: "from-bot" }, hidden("Reply:"));
  if (first) article.append(said([first], lang));
  if (lead) article.append(element("ul", { className: "channels" }, lead));
  if (others.length) article.append(said(others, lang));
  if (rest.length) article.append(element("ul", { className: "channels" }, ...rest));
  return article;
}

/**
 * @param {HTMLElement[]} parts
 * @param {string | null} lang
 */
function said(parts, lang) {
  const words = element("div", { className: "words" }, ...parts);
  if (lang) {
    words.lang = lang;
    words.dir = isRightToLeft(lang) ? "rtl" : "ltr";
  }
  return words;
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
  card.classList.toggle("shut", channel.openNow === false);
  const heading = element("div", { className: "heading" }, element("h3", {}, channel.name));
  if (channel.openNow !== null) {
    heading.append(
      element("span", { className: channel.openNow ? "open" : "closed" }, channel.openNow ? "Open now" : "Closed now"),
    );
  }
  const reach = ways(channel);
  // A service that is only a page has its page where others have their number.
  const page = channel.url ? siteLink(reach.length ? "site" : "call", channel) : null;
  if (page && !reach.length) reach.push(page);
  card.append(heading);
  if (reach.length) card.append(element("div", { className: "ways" }, ...reach));
  if (channel.about) card.append(element("p", {}, channel.about));
  const facts = [channel.hours && sentence(channel.hours), channel.cost && sentence(channel.cost)].filter(Boolean);
  if (facts.length) card.append(element("p", { className: "facts" }, facts.join(" ")));
  if (page && !reach.includes(page)) card.append(page);
  if (channel.details) card.append(drawDetails(channel.name, channel.details));
  return card;
}

/**
 * @param {string} name
 * @param {Details} details
 */
function drawDetails(name, { for: whom, notFor, confidentiality, languages, ways: others }) {
  const facts = [
    fact("For", whom),
    fact("Not for", notFor),
    fact("Your privacy", confidentiality),
    fact("Languages", languages.length > 1 ? sentence(languages.join(", ")) : null),
  ].flatMap((one) => one ?? []);
  const box = element("details", {}, element("summary", {}, `More about ${name}`), ...facts);
  if (others.length) box.append(element("ul", {}, ...others.map(drawWay)));
  return box;
}

/**
 * @param {string} label
 * @param {string | null} words
 */
function fact(label, words) {
  return words ? element("p", {}, element("strong", {}, `${label}: `), words) : null;
}

/** @param {Way} way */
function drawWay({ label, text, link: href, note }) {
  const shown = href?.startsWith("https:") ? text.replace(/^https:\/\/(www\.)?|\/$/g, "") : text;
  const words = element("bdi", {}, shown);
  const item = element("li", {}, label ? `${label} ` : "", href ? inNewTab(link("way", href, words), "") : words);
  if (note) item.append(` (${note})`);
  return item;
}

/**
 * @param {Channel} channel
 * @returns {HTMLElement[]} links to call and to text
 */
function ways({ phone, tel, text, sms }) {
  const list = [];
  if (phone && tel) list.push(link("call", tel, "Call ", number(phone)));
  else if (phone) list.push(element("p", {}, "Call ", number(phone)));
  if (text && sms) list.push(link("text", sms, "Text ", number(text)));
  else if (text) list.push(element("p", {}, "Text ", number(text)));
  return list;
}

/**
 * Web pages open in a new tab: leaving this one would lose the other numbers.
 * @param {HTMLAnchorElement} anchor
 * @param {string} name whose page it is, where the link alone doesn't say
 */
function inNewTab(anchor, name) {
  if (!anchor.href.startsWith("https:")) return anchor;
  anchor.target = "_blank";
  anchor.rel = "noreferrer noopener";
  anchor.append(hidden(name ? ` (${name}, opens a new tab)` : " (opens a new tab)"));
  return anchor;
}

/** @param {Channel} channel */
function summary({ name, phone, openNow }) {
  const when = openNow === null ? "" : openNow ? ", open now" : ", closed now";
  return phone ? `${name}${when}: call ${phone}.` : `${name}${when}.`;
}

/**
 * @param {string} className
 * @param {Channel} channel
 */
function siteLink(className, { url, name }) {
  const address = url ?? "";
  const site = URL.canParse(address) ? new URL(address).hostname.replace(/^www\./, "") : "Website";
  return inNewTab(link(className, address, site), name);
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
    .map((part) => element("p", {}, part.replace(SPACED_NUMBER, (digits) => digits.replaceAll(" ", "\u00a0"))));
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
