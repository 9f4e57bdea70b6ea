// What undo and redo are about while actions wait: read from the line, as an editor's two stacks.

// What undo goes back through, here as on the server (UNDOABLE_VERBS in coding/queries.py).
export const UNDOABLE = ["apply", "remove", "change", "note"];

/** The unsent action that the next undo is about, or null when that lies with the server. */
export function localTop(line) {
  const stack = [];
  for (const action of line) {
    if (UNDOABLE.includes(action.kind)) stack.push(action);
    else if (action.kind === "redo") stack.push(null);
    else if (action.kind === "undo") stack.pop();
  }
  return stack.at(-1) ?? null;
}

/** Is there something to redo once the line is sent? How far the server (`able`) could go on is
    not known, only that what is done anew in the line empties its stack. */
export function mayStepOn(line, able) {
  let steps = able ? Infinity : 0;
  for (const { kind } of line) {
    if (UNDOABLE.includes(kind)) steps = 0;
    else if (kind === "undo") steps += 1;
    else if (kind === "redo") steps -= 1;
  }
  return steps > 0;
}
