"use strict";
// The rows of the page: decompressing them, the texts in them, and which of them match a filter.

const settings = JSON.parse(document.getElementById("settings").textContent);
const ATTENTION = ["rejected", "undecided", "failed", "error", "passed"];

async function loadRows(onBlock) {
  let loaded = 0;
  for (let number = 0; ; number += 1) {
    const element = document.getElementById(`rows-${number}`);
    if (!element) return;
    const packed = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
    element.remove();
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const rows = await new Response(stream).json();
    rows.forEach((row, index) => {
      row.block = number;
      row.index = index;
    });
    loaded += rows.length;
    onBlock(rows, loaded);
  }
}

const pictureLists = new Map();

function pictureOf(row) {
  if (!row.picture) return null;
  let list = pictureLists.get(row.block);
  if (!list) {
    if (pictureLists.size > 20) pictureLists.delete(pictureLists.keys().next().value);
    list = document.getElementById(`pictures-${row.block}`).textContent.split("\n");
    pictureLists.set(row.block, list);
  }
  return `data:image/webp;base64,${list[row.index]}`;
}

function nameOf(row) {
  return /^\d+$/.test(row.id) ? row.label || `item ${row.id}` : row.id;
}

// What is wrong with an item, the weightiest first.
function findingsOf(row) {
  const judges = row.judges || [];
  const failed = judges.filter((judge) => judge.passed === false);
  const issues = [...failed, ...judges.filter((judge) => judge.passed !== false)].flatMap((judge) => judge.issues || []);
  return [
    row.message || row.kind,
    ...(row.gates || []).map((gate) => gate.reason || gate.name),
    row.override,
    ...issues.map((issue) => issue.detail || issue.category),
    ...(row.issues || []),
    ...(issues.length ? [] : failed.map((judge) => `${judge.name}: ${judge.reasoning || "failed"}`)),
    row.summary,
  ].filter(Boolean);
}

function* textsOf(row) {
  yield row.id;
  yield row.label;
  yield row.task;
  yield row.evaluation;
  yield row.prompt;
  yield row.improved;
  yield row.summary;
  yield row.kind;
  yield row.message;
  yield row.override;
  for (const gate of row.gates || []) {
    yield gate.name;
    yield gate.reason;
  }
  for (const issue of row.issues || []) yield issue;
  for (const judge of row.judges || []) {
    yield judge.name;
    yield judge.reasoning;
    for (const sentence of judge.evidence || []) yield sentence;
    for (const issue of judge.issues || []) {
      yield issue.category;
      yield issue.subcategory;
      yield issue.detail;
    }
  }
}

function holds(row, words) {
  return words.every((word) => {
    for (const text of textsOf(row)) if (text && word.test(text)) return true;
    return false;
  });
}

// A function that tells whether a row matches all of a filter but the verdict.
function matcher(filter) {
  const words = filter.q
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => new RegExp(word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu"));
  return (row) =>
    (!filter.task || row.task === filter.task) &&
    (!filter.judge || (row.judges || []).some((judge) => judge.name === filter.judge && judge.passed === false)) &&
    (!filter.category ||
      (row.judges || []).some((judge) => (judge.issues || []).some((issue) => issue.category === filter.category))) &&
    holds(row, words);
}

const byNumber = (a, b) => a.number - b.number;
// Items without the value come last in both directions.
const byValue = (name, direction) => (a, b) => {
  const [one, other] = [a[name], b[name]];
  if (one === undefined || other === undefined) return (one === undefined) - (other === undefined) || byNumber(a, b);
  return direction * (one - other) || byNumber(a, b);
};
const byScore = byValue("score", 1);
const names = new Intl.Collator(undefined, { numeric: true });
const ORDERS = {
  "": (a, b) => ATTENTION.indexOf(a.verdict) - ATTENTION.indexOf(b.verdict) || byScore(a, b),
  score: byScore,
  "-score": byValue("score", -1),
  "-seconds": byValue("seconds", -1),
  "-cost": byValue("cost", -1),
  name: (a, b) => names.compare(nameOf(a), nameOf(b)) || byNumber(a, b),
  number: byNumber,
};
