// Notices that nobody is there any more.

const LIMIT_MS = 10 * 60 * 1000;
const WARN_MS = 9 * 60 * 1000;
const LOOK_EVERY_MS = 5000;
const SIGNS_OF_LIFE = ["keydown", "input", "pointerdown", "wheel", "touchmove", "focusin"];

export class Idle {
  #since = Date.now();
  #warned = false;
  #onWarn;
  #onStay;
  #onEnd;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #touch = () => this.#restart();
  #look = () => this.#check();

  /**
   * @param {object} listener
   * @param {() => void} listener.onWarn a minute is left
   * @param {() => void} listener.onStay the person came back in that minute
   * @param {() => void} listener.onEnd ten minutes have passed without a sign of life
   */
  constructor({ onWarn, onStay, onEnd }) {
    this.#onWarn = onWarn;
    this.#onStay = onStay;
    this.#onEnd = onEnd;
  }

  start() {
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, this.#touch, { passive: true, capture: true });
    // A sleeping device stops timers, so the clock is also read on waking.
    document.addEventListener("visibilitychange", this.#look);
    this.#timer = setInterval(this.#look, LOOK_EVERY_MS);
    this.#restart();
  }

  stop() {
    for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, this.#touch, { capture: true });
    document.removeEventListener("visibilitychange", this.#look);
    clearInterval(this.#timer);
  }

  #restart() {
    // Reading the clock first: the touch that wakes a device comes after the time was up.
    if (this.#check()) return;
    if (this.#warned) this.#onStay();
    this.#since = Date.now();
    this.#warned = false;
  }

  /** @returns {boolean} whether the time was up */
  #check() {
    const quiet = Date.now() - this.#since;
    if (quiet >= LIMIT_MS) {
      this.#since = Date.now();
      this.#warned = false;
      this.#onEnd();
      return true;
    }
    if (quiet >= WARN_MS && !this.#warned) {
      this.#warned = true;
      this.#onWarn();
    }
    return false;
  }
}
