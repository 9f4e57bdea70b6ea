// The kinds of change that the saver sends. An action is plain data; here stands what its kind
// means. Each kind may have
//   show(saver, action)            what is seen at once (also after a reload),
//   hide(saver, action)            the opposite, for undo,
//   send(saver, action)            the request, with the action's key; a promise of the answer,
//   settle(saver, action, answer)  what is seen once the server has done it,
//   refused(saver, action, error)  what is seen when it will never be done.

import { ApiError, send } from "@cs/lib/api.js";
import { gettext } from "@cs/lib/text.js";

const stepping = (kind) => ({
  send: ({ urls }, { key }) => send("POST", urls[kind], { key }),
  settle: ({ store }, _action, answer) => store.change({ remove: answer.removed ?? [], add: answer.added ?? [] }),
});

const shownId = (action, code) => `new-${action.key}-${code}`;

export const KINDS = {
  apply: {
    show({ store, me }, action) {
      const { start, end } = action;
      store.change({
        add: action.codes
          .filter((code) => !store.find(start, end, code, me.coder))
          .map((code) => ({ id: shownId(action, code), start, end, code, coder: me.coder, pending: true })),
      });
    },
    hide: ({ store }, action) => store.change({ remove: action.codes.map((code) => shownId(action, code)) }),
    async send({ urls, index }, { start, end, codes, check, key }) {
      const quote = index.textBetween(start, end);
      if (fingerprint(quote) !== check) {
        throw new ApiError("quote_mismatch", gettext("The text has been corrected since."), { status: 409 });
      }
      return send("POST", urls.codings, { start, end, quote, codes, key });
    },
    settle({ store }, action, answer) {
      const remove = action.codes.map((code) => shownId(action, code));
      // Taken back while it was on its way: the undo behind it in the line does so on the server.
      store.change({ remove, add: action.undone ? [] : answer.codings ?? [] });
    },
    refused: (saver, action) => KINDS.apply.hide(saver, action),
  },
  remove: {
    show: ({ store }, action) => store.change({ remove: [action.id] }),
    hide: ({ store }, action) => { if (!action.gone) store.change({ add: [action.row] }); },
    send: ({ urls }, { id, key }) => send("DELETE", `${urls.coding.replace(/0\/?$/, `${id}/`)}?key=${key}`),
    settle({ store }, action, answer) {
      if (!action.undone) store.change({ remove: answer.removed ?? [] });
    },
    // Somebody else was quicker: it is gone, which is what was wanted.
    refused(saver, action, error) {
      if (error.code !== "already_removed") KINDS.remove.hide(saver, action);
    },
  },
  undo: stepping("undo"),
  redo: stepping("redo"),
  finished: {
    show: (saver, { finished }) => saver.dispatchEvent(new CustomEvent("finished", { detail: { finished } })),
    send: ({ urls }, { finished }) => send("POST", urls.finished, { finished }),
  },
};

/** Tells whether a passage still reads as it did, without keeping its words (FNV-1a, 32 bits). */
export function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.length}.${hash.toString(16)}`;
}
