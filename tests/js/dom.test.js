import { arrange, h, write } from "@cs/lib/dom.js";
import { equal, test } from "@cs-test/harness.js";

const list = (stage, names) => {
  const element = h("ul");
  stage.append(element);
  const items = new Map(names.map((name) => [name, h("li", {}, h("button", {}, name))]));
  arrange(element, [...items.values()]);
  return { element, items };
};
const words = (element) => [...element.children].map((child) => child.textContent).join("");

test("dom: children are arranged, added and taken out", (stage) => {
  const { element, items } = list(stage, ["a", "b", "c"]);
  equal(words(element), "abc");
  arrange(element, [h("li", {}, "x"), items.get("c"), items.get("a")]);
  equal(words(element), "xca");
  arrange(element, []);
  equal(element.childElementCount, 0);
});

test("dom: what stays in its place is not touched and keeps the focus", (stage) => {
  const { element, items } = list(stage, ["a", "b", "c"]);
  const watcher = new MutationObserver(() => {});
  watcher.observe(element, { childList: true });
  items.get("b").firstChild.focus();
  arrange(element, [...items.values()]);
  equal(watcher.takeRecords().length, 0);
  arrange(element, [items.get("b"), items.get("c")]);
  equal([watcher.takeRecords().length, document.activeElement.textContent], [1, "b"]);
});

test("dom: a text that stands there already is not written again", (stage) => {
  const element = h("p", {}, "Saved");
  stage.append(element);
  const watcher = new MutationObserver(() => {});
  watcher.observe(element, { childList: true, characterData: true, subtree: true });
  write(element, "Saved");
  equal(watcher.takeRecords().length, 0);
  write(element, "Saving…");
  equal(element.textContent, "Saving…");
});
