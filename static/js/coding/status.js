// What the bar over the text says about saving, about others and about how far this person is, and
// the notices that stand as long as something keeps changes from being saved.

import { announce, toast } from "@cs/lib/announce.js";
import { h, write } from "@cs/lib/dom.js";
import { gettext, ngettext, written } from "@cs/lib/text.js";

const byId = (id) => document.getElementById(id);

// What was wanted is so already: a sentence says all there is to say.
const IN_A_SENTENCE = ["already_removed", "nothing_to_undo", "nothing_to_redo"];

export class Status {
  constructor({ data, store, saver, live, notices }) {
    Object.assign(this, { data, store, saver, live, notices });
    this.failing = false;
    saver.addEventListener("state", ({ detail }) => this.#saving(detail));
    saver.addEventListener("refused", ({ detail }) => this.#refused(detail));
    saver.addEventListener("done", ({ detail }) => this.#done(detail));
    saver.addEventListener("finished", ({ detail }) => this.#showFinished(detail.finished));
    saver.addEventListener("undo", ({ detail: { canUndo, canRedo } }) => {
      if (byId("undo")) byId("undo").disabled = !canUndo;
      if (byId("redo")) byId("redo").disabled = !canRedo;
    });
    live.addEventListener("present", ({ detail: { people } }) => this.#showPresent(people));
    live.addEventListener("reached", () => this.#reached());
    live.addEventListener("lost", ({ detail: { error } }) => {
      if (error.code === "signed_out") this.#signedOut();
      if (error.code === "in_trash") this.#inTrash();
      else if (error.status === 404) this.#gone();
    });
    live.addEventListener("corrected", () => this.#corrected());
    store.addEventListener("change", () => this.showCoders());
    addEventListener("online", () => saver.retry());
    byId("retry")?.addEventListener("click", () => saver.retry());
    byId("finished")?.addEventListener("click", () => {
      this.#showFinished(!this.#isFinished);
      saver.setFinished(this.#isFinished);
    });
  }

  /** Who has coded how much here. */
  showCoders() {
    const coders = [...this.store.coders.values()].filter(({ id }) => this.store.countOf(id));
    const words = coders.map(({ id, name }) => `${name} ${written(this.store.countOf(id))}`);
    if (words.join("|") === this.codersShown) return;
    this.codersShown = words.join("|");
    byId("reader-coders").replaceChildren(...coders.map(({ name }, i) => (
      h("span.person", { "data-initial": name.slice(0, 1).toUpperCase() }, words[i]))));
  }

  // ---- saving ----------------------------------------------------------------

  #saving(detail) {
    const { state, retrying, code, status, message, attempts } = detail;
    const box = byId("save-state");
    if (box) {
      box.dataset.state = state;
      if (box.title !== message) box.title = message;
      write(box.querySelector(".save-words"), inWords(detail));
      const hidden = state !== "failed" || retrying;
      if (byId("retry").hidden !== hidden) byId("retry").hidden = hidden;
    }
    if (state === "failed" && !this.failing) announce(`${gettext("Not saved.")} ${message} ${gettext("It is kept and sent again.")}`);
    if (state === "saved" && this.failing) announce(gettext("Saved."));
    this.failing = state === "failed" || (this.failing && state === "saving");
    if (state === "saved") this.#over("signed-out", "other-person", "stuck");
    if (code === "signed_out") this.#signedOut();
    if (code === "in_trash") this.#inTrash();
    if (code === "other_person") {
      this.notices.stand("other-person", gettext("Somebody else is logged in in this browser now."),
        gettext("Your changes are kept, and sent when %(name)s has logged in here again.", { name: this.data.me.name }));
    }
    if (status >= 500 && attempts >= 5) this.#stuck();
  }

  #refused(detail) {
    if (IN_A_SENTENCE.includes(detail.code)) toast(detail.message, { error: true });
    else this.notices.refused(detail);
    if (detail.kind === "finished") this.#showFinished(!this.#isFinished);
    // Is what is shown still so? The server has just disagreed once.
    this.live.refresh();
  }

  #done({ kind, message }) {
    if (kind === "finished") {
      toast(this.#isFinished ? gettext("Marked: you have finished coding this source.") : gettext("No longer marked as finished."));
    } else if (message && (kind === "undo" || kind === "redo")) toast(message);
  }

  #signedOut() {
    this.notices.stand("signed-out", gettext("You are logged out."),
      gettext("Your changes are kept, and sent when you have logged in again."),
      h("a.button.button-small", { href: this.data.urls.login, target: "_blank" }, gettext("Log in (in a new tab)")));
  }

  #inTrash() {
    this.#showPresent([]);
    this.notices.stand("in-trash", gettext("This source has been put into the trash."),
      gettext("What is not saved yet is kept in this browser, and sent when the source has been restored."));
  }

  /** Withdrawn, deleted for good, or no longer for this person: the server does not say which. */
  #gone() {
    this.#showPresent([]);
    this.notices.stand("gone", gettext("This source is no longer there."),
      gettext("It was removed, or your access has ended. Nothing more is saved here."),
      h("a.button.button-small", { href: this.data.urls.sources }, gettext("To the sources")));
  }

  #stuck() {
    const giveUp = () => {
      this.notices.over("stuck");
      this.saver.discard();
      this.live.refresh();
    };
    this.notices.stand("stuck", gettext("The server fails at this change again and again."),
      gettext("The others wait behind it."),
      h("button.button.button-small", { type: "button", onclick: giveUp }, gettext("Give up this change")));
  }

  #corrected() {
    this.notices.stand("corrected", gettext("The transcript has been corrected."),
      gettext("This page still shows the text as it was. Load it again to go on; what is not saved yet is kept and tried again."),
      h("button.button.button-small.button-primary", { type: "button", onclick: () => location.reload() }, gettext("Load the page again")));
  }

  /** Only what stands is taken away: this is called at every poll. */
  #over(...names) {
    const standing = names.filter((name) => this.notices.standing.has(name));
    if (standing.length) this.notices.over(...standing);
  }

  // ---- others, and oneself ---------------------------------------------------

  #reached() {
    this.#over("signed-out", "in-trash", "gone");
    // The server answers again, so what waits need not wait for its pause.
    if (this.failing) this.saver.retry();
  }

  #showPresent(people) {
    const names = people.map((person) => person.name);
    write(byId("reader-present"), names.length
      ? ngettext("%(names)s is here", "%(names)s are here", names.length, { names: names.join(", ") }) : "");
  }

  get #isFinished() {
    return byId("finished")?.getAttribute("aria-pressed") === "true";
  }

  #showFinished(finished) {
    byId("finished")?.setAttribute("aria-pressed", String(finished));
  }
}

function inWords({ state, retrying, code, waiting }) {
  if (state !== "failed") return state === "saved" ? gettext("Saved") : gettext("Saving…");
  if (retrying) return ngettext("Not saved — retrying (%(count)s change)", "Not saved — retrying (%(count)s changes)", waiting);
  if (code === "signed_out") return gettext("Not saved — log in again");
  if (code === "in_trash") return gettext("Not saved — in the trash");
  if (code === "no_access") return gettext("Not saved — no access");
  return ngettext("Not saved — %(count)s change waits", "Not saved — %(count)s changes wait", waiting);
}
