// The controls: the filter, the address that holds it, the keyboard, the theme and printing.

const MOST_PRINTED = 200;
const at = (id) => document.getElementById(id);
const CHOICES = ["judge", "category", "gate", "kind", "task"];
const RANGES = ["score", "seconds"];
const NARROW = matchMedia("(max-width: 44rem)");
const cleared = () => ({ verdict: new Set(), q: "", ...Object.fromEntries([...CHOICES, ...RANGES].map((name) => [name, ""])) });
const state = { ...cleared(), order: "", item: "" };
const rows = [];
let found = [];
let gallery = null;
let opened = null;

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  state.verdict = new Set((given.get("verdict") || "").split(",").filter((verdict) => verdict in settings.words));
  for (const name of ["q", "order", "item", ...CHOICES, ...RANGES]) state[name] = given.get(name) || "";
  for (const name of RANGES) if (!isRange(state[name])) state[name] = "";
  if (!(state.order in ORDERS)) state.order = "";
}

function writeAddress() {
  const given = new URLSearchParams();
  if (state.verdict.size) given.set("verdict", [...state.verdict].join(","));
  for (const name of ["q", ...CHOICES, ...RANGES, "order", "item"]) if (state[name]) given.set(name, state[name]);
  history.replaceState(null, "", `#${given}`);
}

function showControls() {
  if (at("query").value.trim() !== state.q) at("query").value = state.q; // a space that is being typed stays
  at("order").value = state.order;
  for (const name of CHOICES) {
    const select = at(name);
    // A link may name a choice that is not among the most frequent ones.
    if (![...select.options].some((option) => option.value === state[name])) select.add(new Option(optionWords(name, state[name]), state[name]));
    select.value = state[name];
  }
  at("ranges").replaceChildren(...RANGES.filter((name) => state[name]).map(rangeButton));
  at("clear").hidden = !(state.verdict.size || state.q || [...CHOICES, ...RANGES].some((name) => state[name]));
  for (const button of at("verdicts").children) button.setAttribute("aria-pressed", state.verdict.has(button.value));
}

function apply() {
  const matches = matcher(state);
  const counts = {};
  found = rows.filter((row) => {
    if (!matches(row)) return false;
    counts[row.verdict] = (counts[row.verdict] || 0) + 1;
    return !state.verdict.size || state.verdict.has(row.verdict);
  });
  found.sort(ORDERS[state.order]);
  for (const button of at("verdicts").children)
    button.lastChild.textContent = (counts[button.value] || 0).toLocaleString("en");
  const all = settings.listed.toLocaleString("en");
  const count = found.length.toLocaleString("en");
  const loading = rows.length < settings.listed ? ` Loading: ${rows.length.toLocaleString("en")} so far.` : "";
  at("found").textContent = (found.length === rows.length ? `${all} item${settings.listed === 1 ? "" : "s"}.` : `${count} of ${all} items.`) + loading;
  at("nothing").hidden = found.length > 0 || rows.length < settings.listed;
  gallery.set(found);
}

function change(changes) {
  Object.assign(state, changes);
  writeAddress();
  showControls();
  apply();
}

const optionWords = (name, value) => (name === "category" ? issueWords(value) : value);

function rangeButton(name) {
  const [low, high] = state[name].split("-");
  const [before, unit] = name === "score" ? ["Score ", ""] : ["", " s"];
  const words = `${before}${low}${high ? ` to ${high}${unit}` : `${unit} or more`}`;
  const button = element("button", { type: "button" }, `${words} \u2715`);
  button.setAttribute("aria-label", `Remove the filter: ${words}`);
  button.addEventListener("click", () => change({ [name]: "" }));
  return button;
}

function openItem(row) {
  const dialog = at("details");
  const position = found.indexOf(row);
  const previous = element("button", { type: "button", disabled: position <= 0 }, "\u2190");
  previous.setAttribute("aria-label", "Previous item");
  const next = element("button", { type: "button", disabled: position < 0 || position >= found.length - 1 }, "\u2192");
  next.setAttribute("aria-label", "Next item");
  const close = element("button", { type: "button" }, "Close");
  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  close.addEventListener("click", () => dialog.close());
  const title = element("h2", { id: "details-title", title: nameOf(row) }, nameOf(row));
  const place = position < 0 ? "" : element("span", { className: "note" }, `${(position + 1).toLocaleString("en")} of ${found.length.toLocaleString("en")}`);
  const bar = element("div", { className: "bar-top" }, chip(row.verdict), title, place, previous, next, close);
  dialog.replaceChildren(bar, detailsOf(row));
  if (position >= 0) gallery.activate(position);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  close.focus({ preventScroll: true });
  opened = row;
  state.item = row.id;
  writeAddress();
}

function step(by) {
  const position = found.indexOf(opened);
  if (position >= 0 && found[position + by]) openItem(found[position + by]);
}

function openNamed() {
  const dialog = at("details");
  const row = state.item && rows.find((each) => each.id === state.item);
  if (row) openItem(row);
  else if (dialog.open) dialog.close();
}

function makeControls() {
  for (const verdict of settings.verdicts) {
    const button = element("button", { type: "button", value: verdict, className: verdict });
    button.append(element("span", { className: "dot" }), settings.words[verdict], element("span", { className: "count" }, "0"));
    button.addEventListener("click", () => {
      const verdicts = new Set(state.verdict);
      if (!verdicts.delete(verdict)) verdicts.add(verdict);
      change({ verdict: verdicts });
    });
    at("verdicts").append(button);
  }
  for (const name of CHOICES) {
    for (const [value, count] of settings.choices[name]) at(name).add(new Option(`${optionWords(name, value)} (${count.toLocaleString("en")})`, value));
    at(name).parentElement.hidden = settings.choices[name].length === 0;
    at(name).addEventListener("change", () => change({ [name]: at(name).value }));
  }
  at("order").addEventListener("change", () => change({ order: at("order").value }));
  let waiting = 0;
  at("query").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change({ q: at("query").value.trim() }), 150);
  });
  at("more").addEventListener("click", () => {
    const isOpen = at("filters").classList.toggle("all");
    at("more").setAttribute("aria-expanded", isOpen);
    at("more").textContent = isOpen ? "Fewer filters" : "More filters";
  });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const id of ["clear", "show-all"]) at(id).addEventListener("click", () => change(cleared()));
  at("details").addEventListener("close", () => {
    opened = null;
    state.item = "";
    writeAddress();
    if (found.length) gallery.focus(gallery.active);
  });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (at("details").open) {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  } else if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    at("query").focus();
  }
}

// On a narrow window, charts and tables fold, so that the gallery is not far below.
function fold() {
  at("figures").open = !NARROW.matches;
}

function makePrinted() {
  for (const folded of document.querySelectorAll("#figures, #figures details")) folded.open = true;
  const entries = found.slice(0, MOST_PRINTED).map((row) => {
    const address = pictureOf(row);
    const findings = findingsOf(row).map((text) => element("p", {}, text));
    const improved = row.improved ? element("p", {}, element("b", {}, "Improved prompt: "), row.improved) : "";
    const score = row.score === undefined ? "" : ` ${row.score.toFixed(2)}`;
    const text = element("div", {}, element("p", { className: "name" }, chip(row.verdict), score, ` ${nameOf(row)}`), ...findings, improved);
    return element("div", { className: "printed" }, element("div", {}, address ? element("img", { src: address, alt: "" }) : ""), text);
  });
  const rest = found.length - entries.length;
  if (rest > 0) entries.push(element("p", {}, `${rest.toLocaleString("en")} more items are not printed: filter the gallery first.`));
  at("printed").replaceChildren(...entries);
}

function makeTheme() {
  const themes = ["system", "light", "dark"];
  const button = at("theme");
  let theme = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = (theme + 1) % themes.length;
    button.textContent = `Theme: ${themes[theme]}`;
    if (theme) document.documentElement.dataset.theme = themes[theme];
    else delete document.documentElement.dataset.theme;
  });
}

async function start() {
  makeTheme();
  if (!at("gallery")) return; // no item has ended
  at("unavailable").remove();
  fold();
  NARROW.addEventListener("change", fold);
  gallery = new Gallery(at("cards"), openItem);
  makeControls();
  readAddress();
  showControls();
  at("filters").hidden = false;
  document.querySelector(".keys").hidden = false;
  addEventListener("keydown", onKey);
  addEventListener("hashchange", () => {
    if (location.hash && !location.hash.includes("=")) return; // the link that skips to the gallery
    readAddress();
    showControls();
    apply();
    openNamed();
    if (!state.item) at("gallery").scrollIntoView();
  });
  addEventListener("beforeprint", makePrinted);
  addEventListener("afterprint", () => {
    at("printed").replaceChildren();
    fold();
  });
  await loadRows((block) => {
    rows.push(...block);
    if (rows.length === block.length || rows.length === settings.listed) apply();
  });
  openNamed();
  if (location.hash.includes("=") && !state.item) at("gallery").scrollIntoView();
}

if (typeof DecompressionStream === "undefined" && at("unavailable")) {
  at("unavailable").textContent = "This browser is too old for the gallery: take one of 2024 or later.";
} else {
  start()
    .catch(() => (at("found").textContent = "This file is damaged, so its items cannot be read: write the report again."))
    .finally(() => (document.documentElement.dataset.ready = "true"));
}
