// The recording beside the text: the turn that is heard is marked (never its text), and from a
// turn one can go to its time. The player itself is the browser's own.

import { announce } from "@cs/lib/announce.js";
import { gettext } from "@cs/lib/text.js";
import { Times, clock } from "@cs/coding/clock.js";

const BACK_S = 5;

export class Recording {
  /** element: the bar, or null where the source has no recording. */
  constructor({ element, index, selection }) {
    Object.assign(this, { element, index, selection });
    this.audio = element?.querySelector("audio") ?? null;
    this.times = new Times(index.elements);
    this.marked = null;
    this.commands = {
      playPause: () => this.#ask(() => (this.audio.paused ? this.#play() : this.audio.pause())),
      playBack: () => this.#ask(() => this.#back()),
      playHere: () => this.#ask(() => this.#fromTurn()),
    };
    if (!element) return;
    this.status = element.querySelector("[role=status]");
    this.follows = element.querySelector("input[type=checkbox]");
    element.querySelector("[data-play=here]")?.addEventListener("click", this.commands.playHere);
    element.querySelector("[data-play=back]").addEventListener("click", this.commands.playBack);
    for (const type of ["timeupdate", "seeked", "play", "pause", "ended"]) this.audio.addEventListener(type, () => this.#mark());
    this.audio.addEventListener("error", () => {
      this.status.textContent = gettext("This recording cannot be played here.");
    });
  }

  #ask(run) {
    if (this.audio) run();
    else announce(gettext("This source has no recording."));
  }

  #play() {
    // Refused where the browser wants a click first, or where nothing can be played.
    this.audio.play().catch(() => announce(gettext("The recording does not play. Press its play button.")));
  }

  #back() {
    this.audio.currentTime = Math.max(0, this.audio.currentTime - BACK_S);
    announce(clock(this.audio.currentTime * 1000));
  }

  #fromTurn() {
    const at = this.times.of(this.selection.turn);
    if (at === null) {
      announce(gettext("This turn has no time."));
      return;
    }
    const go = () => {
      const { duration } = this.audio;
      // A player asked for more than there is goes to the end, and plays nothing.
      if (at >= duration * 1000) {
        this.status.textContent = gettext("The recording ends before this turn, at %(time)s.", { time: clock(duration * 1000) });
        return;
      }
      this.status.textContent = "";
      this.audio.currentTime = at / 1000;
      this.#play();
      announce(gettext("From %(time)s.", { time: clock(at) }));
    };
    // Before the file is known to the player it would forget the place.
    if (this.audio.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else {
      this.audio.addEventListener("loadedmetadata", go, { once: true });
      this.audio.load();
    }
  }

  #mark() {
    const untouched = this.audio.paused && this.audio.currentTime === 0;
    const row = untouched ? null : this.times.spoken(this.audio.currentTime * 1000);
    const turn = row ? this.index.elements[row.turn] : null;
    if (turn === this.marked) return;
    this.marked?.removeAttribute("data-playing");
    turn?.setAttribute("data-playing", "");
    this.marked = turn;
    if (turn && !this.audio.paused && this.follows?.checked) this.#reveal(turn);
  }

  /** The turn comes into view without taking the focus or the cursor with it. */
  #reveal(turn) {
    const box = turn.getBoundingClientRect();
    const top = document.querySelector(".reader-bar").getBoundingClientRect().bottom + 8;
    const bottom = this.element.getBoundingClientRect().top - 8;
    if (box.top < top || box.bottom > bottom) scrollBy(0, box.top - top - Math.max(0, (bottom - top - box.height) / 3));
  }
}
