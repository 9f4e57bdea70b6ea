// A form with files that says how far it is: <form data-upload> with a [data-upload-bar] (hidden,
// holding a <progress> and a [data-upload-state]) and a [data-upload-problems] (hidden, with a <ul>).
// Without this script the form is sent as every other one.

import { announce } from "@cs/lib/announce.js";
import { h } from "@cs/lib/dom.js";

const form = document.querySelector("form[data-upload]");
if (form) form.addEventListener("submit", send);

function send(event) {
  const input = form.querySelector('input[type="file"]');
  if (!input.files.length) return;
  event.preventDefault();
  showProblems([]);
  const problems = tooMuch([...input.files]);
  if (problems.length) {
    showProblems(problems);
    return;
  }
  const request = new XMLHttpRequest();
  const bar = form.querySelector("[data-upload-bar]");
  const progress = bar.querySelector("progress");
  const state = bar.querySelector("[data-upload-state]");
  const buttons = form.querySelectorAll("button");
  const busy = (yes) => {
    bar.hidden = !yes;
    for (const button of buttons) button.disabled = yes && !button.matches("[data-upload-cancel]");
  };
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    progress.max = total || 1;
    progress.value = loaded;
    const percent = Math.floor((100 * loaded) / (total || 1));
    state.textContent = loaded < total ? `${percent} %` : form.dataset.stored;
  });
  request.addEventListener("load", () => {
    const answer = parsed(request.responseText);
    if (request.status === 201 && answer?.next) {
      location.assign(answer.next);
      return;
    }
    busy(false);
    showProblems(answer?.problems?.length ? answer.problems : [form.dataset.failed]);
  });
  request.addEventListener("error", () => {
    busy(false);
    showProblems([form.dataset.failed]);
  });
  request.addEventListener("abort", () => busy(false));
  bar.querySelector("[data-upload-cancel]").onclick = () => request.abort();
  busy(true);
  announce(form.dataset.sending);
  request.send(new FormData(form));
}

// What the server would refuse, said before anything is sent.
function tooMuch(files) {
  const { maxFiles, tooMany, maxFileMb, tooLarge, maxTotalMb, tooMuchTogether } = form.dataset;
  if (files.length > Number(maxFiles)) return [tooMany.replace("{n}", files.length)];
  const large = files.filter(
    (file) => file.size > 1e6 * (/\.zip$/i.test(file.name) ? maxTotalMb : maxFileMb),
  );
  if (large.length) return large.map((file) => tooLarge.replace("{name}", file.name));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  return total > 1e6 * maxTotalMb ? [tooMuchTogether] : [];
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function showProblems(sentences) {
  const box = form.querySelector("[data-upload-problems]");
  box.hidden = !sentences.length;
  box.querySelector("ul").replaceChildren(...sentences.map((text) => h("li", {}, text)));
  if (sentences.length) box.focus();
}
