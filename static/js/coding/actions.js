// The kinds of change that the saver sends. An action is plain data; here stands what its kind
// means. Each kind may have
//   show(saver, action)            what is seen at once (also after a reload),
//   hide(saver, action)            the opposite, for undo,
//   send(saver, action)            the request, with the action's key; a promise of the answer,
//   settle(saver, action, answer)  what is seen once the server has done it,
//   refused(saver, action, error)  what is seen when it will never be done,
//   work(action)                   is there something in it that must not be lost when refused?

import { ApiError, send } from "@cs/lib/api.js";
import { gettext } from "@cs/lib/text.js";
import { fromRow } from "@cs/coding/store.js";

const stepping = (kind) => ({
  // `of`: only if it is this action's turn; anything else would be a surprise.
  send: ({ urls }, { key, of }) => send("POST", urls[kind], of ? { key, of } : { key }),
  settle(saver, _action, answer) {
    // What has been removed here meanwhile does not come back for the time until that is sent.
    const removed = saver.line.filter((action) => action.kind === "remove" && !action.undone).map((action) => action.id);
    const added = (answer.added ?? []).filter(([id]) => !removed.includes(id));
    saver.store.change({ remove: answer.removed ?? [], add: added.map((row) => withChanges(saver, row)) });
    saver.store.setNotes(answer.notes ?? []);
  },
});

/** A row of the server as it is shown while changes of it wait: an early answer must not take back
    a later change. The changes learn what they are based on now. */
function withChanges({ line }, row, but = null) {
  const coding = fromRow(row);
  for (const action of line) {
    if (action.kind !== "change" || action.id !== coding.id || action === but) continue;
    action.base = row;
    if (!action.undone) Object.assign(coding, action.fields);
  }
  return coding;
}

/** Memos that wait are no rows of the store: memos.js looks them up in the line. */
function tellMemos(saver, { coding, note }) {
  saver.dispatchEvent(new CustomEvent("memos", { detail: { coding, note } }));
}

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
      const quote = quoted(index, start, end, check);
      return send("POST", urls.codings, { start, end, quote, codes, key });
    },
    settle({ store }, action, answer) {
      const remove = action.codes.map((code) => shownId(action, code));
      // Taken back while it was on its way: the undo behind it in the line does so on the server.
      store.change({ remove, add: action.undone ? [] : answer.codings ?? [] });
    },
    refused: (saver, action) => KINDS.apply.hide(saver, action),
    work: () => true,
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
  change: {
    show({ store }, { id, fields }) {
      const coding = store.byId.get(id);
      if (coding) store.change({ add: [{ ...coding, ...fields }] });
    },
    hide(saver, action) {
      if (action.gone || !saver.store.byId.has(action.id)) return;
      saver.store.change({ add: [withChanges(saver, action.base, action)] });
    },
    async send({ urls, index }, { id, fields, check, key }) {
      const body = { ...fields, key };
      if (check) body.quote = quoted(index, fields.start, fields.end, check);
      return send("PATCH", urls.coding.replace(/0\/?$/, `${id}/`), body);
    },
    settle(saver, action, answer) {
      // Taken back or removed here meanwhile: what waits in the line says what comes of it.
      if (action.undone || !saver.store.byId.has(action.id)) return;
      saver.store.change({ add: (answer.codings ?? []).map((row) => withChanges(saver, row)) });
    },
    refused(saver, action, error) {
      if (error.code === "already_removed") saver.store.change({ remove: [action.id] });
      else KINDS.change.hide(saver, action);
    },
    work: () => true,
  },
  note: {
    show: tellMemos,
    hide: tellMemos,
    refused: tellMemos,
    work: ({ method }) => method !== "DELETE",
    send: (_saver, { method, url, text, key }) => (
      method === "DELETE" ? send(method, `${url}?key=${key}`) : send(method, url, { text, key })),
    settle(saver, action, answer) {
      // Taken back while it was on its way: the undo behind it says what there is in the end.
      if (!action.undone) saver.store.setNotes(answer.notes ?? []);
    },
  },
  undo: stepping("undo"),
  redo: stepping("redo"),
  finished: {
    show: (saver, { finished }) => saver.dispatchEvent(new CustomEvent("finished", { detail: { finished } })),
    send: ({ urls }, { finished }) => send("POST", urls.finished, { finished }),
  },
};

function quoted(index, start, end, check) {
  const quote = index.textBetween(start, end);
  if (fingerprint(quote) !== check) {
    throw new ApiError("quote_mismatch", gettext("The text has been corrected since."), { status: 409 });
  }
  return quote;
}

/** Tells whether a passage still reads as it did, without keeping its words (FNV-1a, 32 bits). */
export function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.length}.${hash.toString(16)}`;
}
