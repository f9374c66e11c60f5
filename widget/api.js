// The calls to the web channel. They never throw: every way to fail has a name, and what came with it is kept.

/**
 * @typedef {object} Channel a service, as the server's directory gives it
 * @property {string} name
 * @property {string | null} phone as shown
 * @property {string | null} tel a tel: link
 * @property {string | null} text what to text to which number
 * @property {string | null} sms a link that opens such a text
 * @property {string | null} url an https: link
 * @property {string | null} hours
 * @property {boolean | null} openNow null when it isn't known
 * @property {string | null} cost
 * @property {string | null} about one sentence
 * @property {Details | null} details
 *
 * @typedef {object} Details more, for those who want it
 * @property {string | null} for whom the service helps
 * @property {string | null} notFor whom it does not
 * @property {string | null} confidentiality
 * @property {string[]} languages
 * @property {Way[]} ways in
 *
 * @typedef {{label: string, text: string, link: string | null, note: string | null}} Way
 *
 * @typedef {{title: string, payload: string}} QuickReply
 *
 * @typedef {object} Message
 * @property {string} text
 * @property {string | null} lang a language tag, when it isn't the page's own
 * @property {Channel[]} channels the lead first
 * @property {QuickReply[]} quickReplies
 *
 * @typedef {"unreachable" | "slow" | "busy" | "gone" | "too_long" | "broken"} Failure
 *
 * @typedef {{ok: true, conversation: string | null, messages: Message[], exit: boolean}} Reply
 * @typedef {{ok: false, failure: Failure, retryAfter: number, messages: Message[]}} Failed
 *   retryAfter in seconds; messages are the safe reply that errors carry
 */

/** Beside this file's folder, wherever the site is mounted. */
const API = new URL("../webhooks/web/", import.meta.url);

/** The server gives up on its own part after 5 s and answers safely. */
const DEADLINE_MS = 10_000;

const DEFAULT_RETRY_S = 5;
const MAX_RETRY_S = 60;

/** @type {Map<number, Failure>} */
const FAILURES = new Map([
  [404, "gone"],
  [413, "too_long"],
  [422, "too_long"],
  [429, "busy"],
]);

/**
 * Starts a conversation and fetches the greeting.
 * @param {AbortSignal} signal gives up early
 * @returns {Promise<Reply | Failed>}
 */
export async function begin(signal) {
  const reply = await post("conversations", {}, signal);
  return reply.ok && !reply.conversation ? failed("broken") : reply;
}

/**
 * @param {string} conversation the server's token
 * @param {string} text what was typed, or a quick reply's payload
 * @param {AbortSignal} signal gives up early
 * @returns {Promise<Reply | Failed>}
 */
export function say(conversation, text, signal) {
  return post("messages", { conversation, text }, signal);
}

/**
 * What the server would say to a text that is not worth sending. Of a very long one it may break off the connection
 * while the browser is still sending, and then no answer arrives at all.
 * @returns {Failed}
 */
export const tooLong = () => failed("too_long");

/**
 * Tells the server to delete a conversation, without waiting. Works while the page is going away.
 * @param {string} conversation
 */
export function forget(conversation) {
  const url = new URL(`conversations/${encodeURIComponent(conversation)}/forget`, API);
  try {
    if (navigator.sendBeacon(url)) return;
  } catch {
    // Some privacy tools take sendBeacon away.
  }
  fetch(url, { method: "POST", keepalive: true, credentials: "omit" }).catch(() => {});
}

/**
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} signal
 * @returns {Promise<Reply | Failed>}
 */
async function post(path, body, signal) {
  const deadline = new AbortController();
  const abort = () => deadline.abort();
  const timer = setTimeout(abort, DEADLINE_MS);
  signal.addEventListener("abort", abort);
  try {
    const response = await fetch(new URL(path, API), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: deadline.signal,
    });
    return read(response, await readJson(response));
  } catch {
    return failed(deadline.signal.aborted ? "slow" : "unreachable");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<unknown>} undefined for what isn't JSON, as from a proxy's error page
 */
async function readJson(response) {
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * @param {Response} response
 * @param {unknown} body
 * @returns {Reply | Failed}
 */
function read(response, body) {
  const { conversation, messages: raw, exit } = asRecord(body);
  const messages = asList(raw).map(readMessage).filter((message) => message.text || message.channels.length);
  if (!response.ok) {
    return failed(FAILURES.get(response.status) ?? "broken", messages, response.headers.get("Retry-After"));
  }
  // Success with nothing in it is the commonest way for a bot to fail.
  if (exit !== true && !messages.length) return failed("broken");
  return { ok: true, conversation: asText(conversation), messages, exit: exit === true };
}

/**
 * @param {Failure} failure
 * @param {Message[]} [messages]
 * @param {string | null} [retryAfter] the header: seconds, or a date, which is not used here
 * @returns {Failed}
 */
function failed(failure, messages = [], retryAfter = null) {
  const seconds = Number.parseInt(retryAfter ?? "", 10) || DEFAULT_RETRY_S;
  return { ok: false, failure, messages, retryAfter: Math.min(Math.max(seconds, 1), MAX_RETRY_S) };
}

/**
 * @param {unknown} raw
 * @returns {Message}
 */
function readMessage(raw) {
  const { text, lang, channels, quick_replies: quickReplies } = asRecord(raw);
  return {
    text: asText(text) ?? "",
    lang: asText(lang),
    channels: asList(channels).map(readChannel).filter((channel) => channel.name),
    quickReplies: asList(quickReplies).map(readQuickReply).filter((reply) => reply.title && reply.payload),
  };
}

/**
 * Links come only in the schemes that belong there: a wrong entry must not become a script.
 * @param {unknown} raw
 * @returns {Channel}
 */
function readChannel(raw) {
  const channel = asRecord(raw);
  return {
    name: asText(channel.name) ?? "",
    phone: asText(channel.phone),
    tel: asLink(channel.tel, ["tel:"]),
    text: asText(channel.text),
    sms: asLink(channel.sms, ["sms:"]),
    url: asLink(channel.url, ["https:"]),
    hours: asText(channel.hours),
    openNow: typeof channel.open_now === "boolean" ? channel.open_now : null,
    cost: asText(channel.cost),
    about: asText(channel.about),
    details: channel.details ? readDetails(channel.details) : null,
  };
}

/**
 * @param {unknown} raw
 * @returns {Details}
 */
function readDetails(raw) {
  const details = asRecord(raw);
  return {
    for: asText(details.for),
    notFor: asText(details.not_for),
    confidentiality: asText(details.confidentiality),
    languages: asList(details.languages).flatMap((language) => asText(language) ?? []),
    ways: asList(details.ways).map(readWay).filter((way) => way.text),
  };
}

/**
 * @param {unknown} raw
 * @returns {Way}
 */
function readWay(raw) {
  const { label, text, link, note } = asRecord(raw);
  return {
    label: asText(label) ?? "",
    text: asText(text) ?? "",
    link: asLink(link, ["tel:", "sms:", "mailto:", "https:"]),
    note: asText(note),
  };
}

/**
 * @param {unknown} raw
 * @returns {QuickReply}
 */
function readQuickReply(raw) {
  const { title, payload } = asRecord(raw);
  return { title: asText(title) ?? "", payload: asText(payload) ?? "" };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function asRecord(value) {
  return typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
const asList = (value) => (Array.isArray(value) ? value : []);

/**
 * @param {unknown} value
 * @returns {string | null} text with something in it
 */
const asText = (value) => (typeof value === "string" && value.trim() ? value : null);

/**
 * @param {unknown} value
 * @param {string[]} schemes
 * @returns {string | null}
 */
function asLink(value, schemes) {
  const link = asText(value);
  return link && schemes.some((scheme) => link.startsWith(scheme)) ? link : null;
}
