// <signpost-chat>: the conversation. The page's HTML already holds the numbers and the exit, and this adds the
// chat to it. Words live in this page's memory and nowhere else.
//
// It sends the event "signpost:exit" when the person, or the server, says to leave (see exit.js).

import { begin, forget, say, tooLong } from "./api.js";
import { isExitWord, readExitKey } from "./exit.js";
import { Idle } from "./idle.js";
import { closeChoices, drawChoices, drawMessage, drawOwn, readAloud } from "./message.js";

/** @typedef {import("./api.js").Reply} Reply */
/** @typedef {import("./api.js").Failed} Failed */
/** @typedef {import("./api.js").Message} Message */

/** Long enough that a quick answer shows no flicker. */
const SENDING_AFTER_MS = 600;
/** A frightened person waits no longer than this for a number to call. */
const NUMBERS_AFTER_MS = 3000;
/** chat.css shows the numbers by itself when this script comes so long after the page was first seen. */
const PAGE_SHOWS_NUMBERS_MS = 1200;
const SPOKEN_FOR_MS = 10_000;
/** How much of the screen a person's own words may take above their answer. */
const MOST_OF_OWN = 0.3;
/** When to say that the box is filling up. */
const NEARLY_FULL = 200;

const OFFLINE = "You are offline. Phone calls may still work.";
const STILL_IN_BOX = "Your words are still in the box.";

/** @type {Record<import("./api.js").Failure, string>} */
const TROUBLE = {
  unreachable: "The chat can't connect.",
  slow: "The chat did not answer.",
  busy: "That was a lot of messages at once.",
  gone: "This chat has ended.",
  too_long: "That is too long to send. Please send a shorter part.",
  broken: "Something went wrong in the chat.",
};

export class SignpostChat extends HTMLElement {
  /** @type {string | null} The server's name for this conversation, while there is one. */
  #conversation = null;
  /** Ends what is under way when the chat is wiped. */
  #stop = new AbortController();
  /** @type {Promise<void>} */
  #greeting = Promise.resolve();
  #sending = false;
  #resting = false;
  /** @type {HTMLElement | null} The choices that can still be made. */
  #choices = null;
  /** @type {HTMLElement[]} A safe reply shown because of trouble; it goes when the trouble does. */
  #safeReply = [];
  #idle = new Idle({
    onWarn: () => this.#say("This chat clears itself in one minute. Tap or press any key to keep it."),
    onStay: () => this.#say(""),
    onEnd: () => this.#clearForSafety(),
  });

  connectedCallback() {
    const box = this.#box;
    this.#button("toggle-numbers").addEventListener("click", () => this.#showNumbers(!this.#numbersOpen));
    this.#button("send").addEventListener("click", () => this.#sendTyped());
    this.#button("again").addEventListener("click", () => this.#startAgain());
    box.addEventListener("input", () => this.#onInput());
    box.addEventListener("keydown", (event) => {
      // 229 is how Safari says that Enter only ends a composed word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#sendTyped();
    });
    window.addEventListener("offline", this.#onOffline);
    window.addEventListener("online", this.#onOnline);
    for (const hint of this.querySelectorAll("[data-key-hint]")) {
      hint.toggleAttribute("hidden", hint.getAttribute("data-key-hint") !== readExitKey(this.dataset.exitKey));
    }
    // Ready to talk: until here, and where no script runs, the page is numbers and an exit.
    this.#part("composer").hidden = false;
    this.#button("toggle-numbers").hidden = false;
    // Not taken away again from somebody who has waited for them.
    const [seen] = performance.getEntriesByType("paint");
    this.#showNumbers(!!seen && performance.now() - seen.startTime >= PAGE_SHOWS_NUMBERS_MS);
    this.#idle.start();
    // Those three seconds began when the person opened the page.
    this.#greeting = this.#greet(performance.now());
  }

  /** Being taken out of the page is the end of the conversation: the exit does just that. */
  disconnectedCallback() {
    this.#idle.stop();
    window.removeEventListener("offline", this.#onOffline);
    window.removeEventListener("online", this.#onOnline);
    this.#wipe();
  }

  // Talking

  /** @param {number} [waited] milliseconds that the person has been waiting already */
  async #greet(waited = 0) {
    const reply = await this.#ask("Opening the chat…", (signal) => begin(signal), waited);
    if (!reply) return;
    if (reply.ok) this.#conversation = reply.conversation;
    this.#accept(reply, "You can still write below.");
  }

  #sendTyped() {
    const text = this.#box.value.trim();
    if (!text) {
      this.#box.focus();
      return;
    }
    if (isExitWord(text)) {
      this.#box.value = "";
      this.#leave();
      return;
    }
    this.#send({ text, shown: text, typed: true });
  }

  /**
   * @param {object} message
   * @param {string} message.text goes to the server
   * @param {string} message.shown the person's own words; sent in place of a quick reply's payload to a new
   *   conversation, which would not know the payload
   * @param {boolean} message.typed
   */
  async #send({ text, shown, typed }) {
    if (this.#sending || this.#resting) return;
    // A dictation or an extension can put in more than the box takes from a keyboard.
    if (text.length > this.#box.maxLength) {
      this.#accept(tooLong(), STILL_IN_BOX);
      return;
    }
    const { signal } = this.#stop;
    this.#sending = true;
    this.#markBusy();
    await this.#greeting;
    if (signal.aborted) return;
    const reply = await this.#ask("Sending…", () => this.#deliver(text, shown, signal));
    if (!reply) return;
    this.#sending = false;
    this.#markBusy();
    if (reply.ok) {
      if (typed) this.#takeFromBox(shown);
      this.#closeChoices();
      this.#transcript.append(drawOwn(shown));
      this.#offerToStartAgain();
    }
    this.#accept(reply, typed ? STILL_IN_BOX : "Your choice was not sent. You can tap it again.");
  }

  /**
   * Sends once; once more if the server no longer knows the conversation.
   * @param {string} text
   * @param {string} shown
   * @param {AbortSignal} signal
   * @returns {Promise<Reply | Failed>}
   */
  async #deliver(text, shown, signal) {
    if (this.#conversation) {
      const reply = await say(this.#conversation, text, signal);
      if (reply.ok || reply.failure !== "gone") return reply;
      this.#conversation = null;
    }
    const opened = await begin(signal);
    if (!opened.ok || !opened.conversation || signal.aborted) return opened;
    this.#conversation = opened.conversation;
    return say(opened.conversation, shown, signal);
  }

  /**
   * Waits for an answer, saying so after a moment and showing the numbers after three seconds.
   * @param {string} waiting
   * @param {(signal: AbortSignal) => Promise<Reply | Failed>} call
   * @param {number} [waited] milliseconds that the person has been waiting already
   * @returns {Promise<Reply | Failed | null>} null when the chat was wiped meanwhile
   */
  async #ask(waiting, call, waited = 0) {
    const { signal } = this.#stop;
    if (navigator.onLine) this.#say("");
    const timers = [
      setTimeout(() => {
        this.#say(waiting);
        this.#showDots(true);
      }, SENDING_AFTER_MS),
      setTimeout(
        () => {
          this.#say("Still trying. You can call a number above now.");
          this.#showNumbers(true);
        },
        Math.max(NUMBERS_AFTER_MS - waited, 0),
      ),
    ];
    const stopTimers = () => {
      timers.forEach(clearTimeout);
      this.#showDots(false);
    };
    signal.addEventListener("abort", stopTimers);
    const reply = await call(signal);
    stopTimers();
    if (!signal.aborted) return reply;
    if (reply.ok && reply.conversation) forget(reply.conversation);
    return null;
  }

  /**
   * @param {Reply | Failed} reply
   * @param {string} afterwards what to tell the person about their words, should it have failed
   */
  #accept(reply, afterwards) {
    for (const node of this.#safeReply) node.remove();
    this.#safeReply = [];
    if (!reply.ok) {
      this.#onTrouble(reply, afterwards);
      return;
    }
    if (reply.exit) {
      this.#leave();
      return;
    }
    this.#say("");
    this.#show(reply.messages);
    this.#offerChoices(reply.messages);
  }

  /**
   * @param {Failed} failed
   * @param {string} afterwards
   */
  #onTrouble({ failure, retryAfter, messages }, afterwards) {
    this.#safeReply = this.#show(messages);
    this.#offerToStartAgain();
    const offline = !navigator.onLine && (failure === "unreachable" || failure === "slow");
    const parts = [offline ? OFFLINE : TROUBLE[failure]];
    if (failure === "busy") {
      parts.push(`Please wait ${retryAfter} seconds.`);
      this.#rest(retryAfter);
    }
    // A safe reply has numbers of its own.
    if (!messages.length) {
      parts.push("You can call a number above.");
      this.#showNumbers(true);
    }
    this.#say([...parts, afterwards].join(" "));
  }

  /** @param {number} seconds to hold back, as the server asked */
  #rest(seconds) {
    const { signal } = this.#stop;
    const done = () => {
      this.#resting = false;
      this.#markBusy();
    };
    this.#resting = true;
    this.#markBusy();
    const timer = setTimeout(() => {
      done();
      this.#say("You can send again now.");
    }, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  }

  #leave() {
    this.dispatchEvent(new CustomEvent("signpost:exit", { bubbles: true }));
  }

  // Showing

  /**
   * @param {Message[]} messages
   * @returns {HTMLElement[]} what was added
   */
  #show(messages) {
    const drawn = messages.map(drawMessage);
    this.#transcript.append(...drawn);
    this.#scrollToNewest(drawn[0]);
    const spoken = readAloud(messages);
    this.#part("aloud").append(spoken);
    // Gone after a while, so that nobody reading through the page meets everything twice.
    setTimeout(() => spoken.remove(), SPOKEN_FOR_MS);
    return drawn;
  }

  /** @param {Message[]} messages */
  #offerChoices(messages) {
    this.#closeChoices();
    const replies = messages.flatMap((message) => message.quickReplies);
    if (!replies.length) return;
    this.#choices = drawChoices(replies, ({ title, payload }) =>
      this.#send({ text: payload, shown: title, typed: false }),
    );
    this.#transcript.append(this.#choices);
  }

  #closeChoices() {
    if (this.#choices) closeChoices(this.#choices);
    this.#choices = null;
  }

  /**
   * Shows an answer from its start, under the words it answers.
   * @param {HTMLElement | undefined} newest
   */
  #scrollToNewest(newest) {
    if (!newest) return;
    const log = this.#part("log");
    const before = /** @type {HTMLElement | null} */ (newest.previousElementSibling);
    // Long words of one's own would push what answers them off the screen.
    const together = before?.className === "from-person" && before.offsetHeight < log.clientHeight * MOST_OF_OWN;
    const top = before && together ? before : newest;
    // The greeting stays under the words before it, which are to be read first.
    if (top !== this.#transcript.firstElementChild) log.scrollTop = top.offsetTop - 12;
  }

  /** From the first words on. It then stays, for hiding it would lose the focus that pressed it. */
  #offerToStartAgain() {
    this.#button("again").hidden = false;
  }

  /** @param {boolean} open */
  #showNumbers(open) {
    this.#numbers.hidden = !open;
    this.#button("toggle-numbers").setAttribute("aria-expanded", String(open));
  }

  /** @param {boolean} waiting */
  #showDots(waiting) {
    this.#part("dots").hidden = !waiting;
  }

  /** @param {string} words */
  #say(words) {
    const status = this.#part("status");
    if (status.textContent !== words) status.textContent = words;
  }

  #markBusy() {
    // Not `disabled`, which would take the focus away.
    this.#button("send").setAttribute("aria-disabled", String(this.#sending || this.#resting));
  }

  #onOffline = () => {
    this.#say(OFFLINE);
    this.#showNumbers(true);
  };

  #onOnline = () => this.#say("You are online again.");

  // The box

  #onInput() {
    const box = this.#box;
    const left = box.maxLength - box.value.length;
    this.#part("note").textContent =
      left <= 0
        ? "The box is full. Send this part, then write more."
        : left <= NEARLY_FULL
          ? `There is room for ${left} more letters.`
          : "";
    if (!CSS.supports("field-sizing", "content")) {
      box.style.height = "auto";
      box.style.height = `${box.scrollHeight + 2}px`;
    }
  }

  /**
   * Takes out what was accepted and leaves what was typed meanwhile.
   * @param {string} sent
   */
  #takeFromBox(sent) {
    const text = this.#box.value.trimStart();
    this.#box.value = text.startsWith(sent) ? text.slice(sent.length).trimStart() : text;
    this.#onInput();
  }

  // Forgetting

  #startAgain() {
    this.#wipe();
    this.#say("The chat was cleared.");
    this.#greeting = this.#greet();
    this.#part("log").scrollTop = 0;
  }

  #clearForSafety() {
    if (!this.#transcript.childElementCount && !this.#box.value && !this.#conversation) return;
    this.#wipe();
    this.#say("Nothing happened for 10 minutes, so this chat was cleared for your safety.");
    this.#offerToStartAgain();
  }

  /** Ends what is under way, empties the page of words and tells the server to forget. */
  #wipe() {
    this.#stop.abort();
    this.#stop = new AbortController();
    if (this.#conversation) forget(this.#conversation);
    this.#conversation = null;
    this.#sending = false;
    this.#choices = null;
    this.#safeReply = [];
    this.#box.value = "";
    this.#onInput();
    this.#transcript.replaceChildren();
    this.#part("aloud").replaceChildren();
    this.#markBusy();
  }

  // Parts of the page's HTML

  get #box() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("#words"));
  }

  get #numbers() {
    return /** @type {HTMLElement} */ (this.querySelector("#numbers"));
  }

  get #numbersOpen() {
    return !this.#numbers.hidden;
  }

  get #transcript() {
    return this.#part("transcript");
  }

  /** @param {string} name */
  #button(name) {
    return /** @type {HTMLButtonElement} */ (this.querySelector(`button.${name}`));
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`.${name}`));
  }
}

customElements.define("signpost-chat", SignpostChat);
