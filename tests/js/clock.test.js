import { Times, clock, findTurn, parseClock } from "@cs/coding/clock.js";
import { equal, test } from "@cs-test/harness.js";

const turns = (...rows) => rows.map(([n, at, until]) => ({ dataset: { n: String(n), ...(at === undefined ? {} : { at: String(at) }), ...(until === undefined ? {} : { until: String(until) }) } }));

test("clock: times as people type them", () => {
  equal(["12:30", " 1:02:03 ", "0:05", "90:00", "1:02:03.5", "1:02:03,25"].map(parseClock), [750000, 3723000, 5000, 5400000, 3723500, 3723250]);
  equal(["12", "1:2", "12:60", "1:60:00", "-1:00", "a", "", "1:02:03:04", "1:00 and more"].map(parseClock), Array(9).fill(null));
  equal([0, 999, 750000, 3723400].map(clock), ["0:00:00", "0:00:00", "0:12:30", "1:02:03"]);
});

test("clock: the turn that is spoken at a time", () => {
  const times = new Times(turns([1], [2, 1000, 4000], [3, 5000], [4], [5, 9000, 12000]));
  equal([0, 1000, 4999, 5000, 8999, 99999].map((at) => times.at(at).turn), [1, 1, 1, 2, 2, 4]);
  equal([0, 1000, 3999, 4000, 5000, 12000].map((at) => times.spoken(at)?.turn ?? null), [null, 1, 1, null, 2, null]);
  equal([0, 1, 2, 3, 4].map((turn) => times.of(turn)), [null, 1000, 5000, 5000, 9000]);
  equal([new Times(turns([1], [2])).known, new Times([]).at(5)], [false, null]);
  equal([times.end, new Times(turns([1, 5000, 7000], [2, 6000])).end, new Times([]).end], [12000, 7000, null]);
});

test("clock: a number or a time leads to a turn", () => {
  const elements = turns([1, 0], [2, 60000], [4, 750000]);
  equal(["1", "3", "5", "12:30", "12:29", "99:00", "x", ""].map((text) => findTurn(elements, text)), [0, 2, null, 2, 1, 2, null, null]);
  equal(findTurn(turns([1], [2]), "12:30"), null);
});
