"use strict";
// The rows of the page: decompressing them, the texts in them, and which of them match a filter.

const settings = JSON.parse(document.getElementById("settings").textContent);
const ATTENTION = ["rejected", "undecided", "failed", "passed"];

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64); // browsers of 2025 and later
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index += 1) bytes[index] = letters.charCodeAt(index);
  return bytes;
}

function unpacked(element) {
  const stream = new Blob([bytesOf(element.textContent)]).stream().pipeThrough(new DecompressionStream("gzip"));
  element.remove();
  return new Response(stream).json();
}

async function loadRows(onBlock) {
  const elements = document.querySelectorAll("script[id^='rows-']");
  let next = elements.length ? unpacked(elements[0]) : null;
  for (let block = 0; block < elements.length; block += 1) {
    const rows = await next;
    // The next block is decompressed, in another thread, while this one is used.
    if (block + 1 < elements.length) next = unpacked(elements[block + 1]);
    rows.forEach((row, index) => {
      row.block = block;
      row.index = index;
      row.key = sortKeyOf(row);
      row.rank = ATTENTION.indexOf(row.verdict);
    });
    onBlock(rows);
  }
}

const padded = (digits) => digits.padStart(12, "0");

// The name with its numbers at one length, so that comparing it as text puts 2 before 10.
function sortKeyOf(row) {
  return nameOf(row).replace(/\d+/g, padded);
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

// The end of a long path says more than its beginning.
function shortName(row) {
  const name = nameOf(row);
  const end = name.slice(-22);
  return name.length > 22 && end.includes("/") ? `\u2026${end.slice(end.indexOf("/"))}` : name;
}

// What is wrong with an item, the weightiest first.
function findingsOf(row) {
  const judges = row.judges || [];
  const failed = judges.filter((judge) => judge.passed === false);
  const issues = [...failed, ...judges.filter((judge) => judge.passed !== false)].flatMap((judge) => judge.issues || []);
  const found = [
    row.verdict === "undecided" && "completed without a verdict",
    row.message || row.kind,
    ...(row.gates || []).map((gate) => gate.reason || gate.name),
    row.override,
    ...issues.map((issue) => issue.detail || issueWords(issue.name)),
    ...(row.issues || []),
    ...(issues.length ? [] : failed.map((judge) => `${judge.name}: ${judge.reasoning || "failed"}`)),
    row.summary,
  ];
  return [...new Set(found.filter(Boolean))];
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
      yield issue.name;
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

// An issue as people read it: what it is, then its category.
function issueWords(name) {
  const [category, kind] = name.replaceAll("_", " ").split(/ \/ (.*)/);
  const words = kind ? `${kind} (${category})` : category;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

// The columns of the charts count values in these classes.
const CLASSED = {
  score: (score) => Math.min(Math.max(score, 0), 0.9999),
  seconds: (seconds) => Math.exp(Math.round(Math.log(Math.max(seconds, 0.001)) * 200) / 200),
};

function rangeOf(text) {
  const [low, high] = text.split("-");
  return [Number(low), high ? Number(high) : Infinity];
}

const isRange = (text) => /^\d+(\.\d+)?-(\d+(\.\d+)?)?$/.test(text);

function isWithin(value, text, name) {
  if (!text) return true;
  const [low, high] = rangeOf(text);
  const classed = value === undefined ? NaN : CLASSED[name](value);
  return classed >= low && classed < high;
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
      (row.judges || []).some((judge) => (judge.issues || []).some((issue) => issue.name === filter.category))) &&
    (!filter.gate || (row.gates || []).some((gate) => gate.name === filter.gate)) &&
    (!filter.kind || row.kind === filter.kind) &&
    isWithin(row.score, filter.score, "score") &&
    isWithin(row.seconds, filter.seconds, "seconds") &&
    holds(row, words);
}

// What else is equal comes in the order of the names, so that a view is the same in each report of the batch.
const byKey = (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.number - b.number);
// Items without the value come last in both directions.
const byValue = (name, direction) => (a, b) => {
  const [one, other] = [a[name], b[name]];
  if (one === undefined || other === undefined) return (one === undefined) - (other === undefined) || byKey(a, b);
  return direction * (one - other) || byKey(a, b);
};
const byScore = byValue("score", 1);
const names = new Intl.Collator(undefined, { numeric: true });
const ORDERS = {
  "": (a, b) => a.rank - b.rank || byScore(a, b),
  score: byScore,
  "-score": byValue("score", -1),
  "-seconds": byValue("seconds", -1),
  "-cost": byValue("cost", -1),
  name: (a, b) => names.compare(nameOf(a), nameOf(b)) || byKey(a, b),
  number: (a, b) => a.number - b.number,
};
