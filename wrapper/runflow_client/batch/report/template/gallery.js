// The gallery: only the cards that can be seen are in the document, so that its length costs nothing.

function element(tag, properties = {}, ...children) {
  const { dataset, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, dataset);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const chip = (verdict) => element("span", { className: `chip ${verdict}` }, settings.words[verdict]);

const SMALL = 128;

// A small picture is shown with its pixels: enlarged smoothly, it would look blurred.
function imageOf(address, alt) {
  const image = element("img", { src: address, alt, decoding: "async" });
  image.addEventListener("load", () => image.classList.toggle("small", Math.max(image.naturalWidth, image.naturalHeight) <= SMALL));
  return image;
}

const WITHOUT_PICTURE = { changed: "changed since it was judged", missing: "no local file found" };

function picture(row) {
  const address = pictureOf(row);
  const inside = address
    ? imageOf(address, "")
    : WITHOUT_PICTURE[row.image] || (row.file ? "no thumbnail" : row.link ? "on the web, not loaded" : "no local file");
  return element("span", { className: "picture", ariaHidden: "true" }, inside);
}

// The improved prompt from where it begins to differ, because that is what is new in it.
function improvement(row) {
  const before = row.prompt || "";
  let same = 0;
  while (same < before.length && row.improved[same] === before[same]) same += 1;
  if (same === row.improved.length) return row.improved;
  if (same > 0 && same === before.length) return row.improved.slice(same).replace(/^[\s.,;:]+/, "");
  while (same > 0 && !/\s/.test(row.improved[same - 1])) same -= 1;
  return same > 0 ? `\u2026 ${row.improved.slice(same)}` : row.improved;
}

function card(row) {
  const findings = findingsOf(row);
  const texts = findings.length ? findings.slice(0, 3) : row.strengths || [row.prompt || ""];
  const text = element(
    "span",
    { className: "text" },
    element(
      "span",
      { className: "head" },
      chip(row.verdict),
      row.score === undefined ? "" : element("span", { className: "score" }, row.score.toFixed(2)),
    ),
    element("span", { className: "name", title: nameOf(row) }, shortName(row)),
    element("span", { className: "finding" }, texts.map((text) => text.replace(/\.$/, "")).join(" \u00b7 ")),
    row.improved ? element("span", { className: "improved" }, element("b", {}, "Try: "), improvement(row)) : "",
  );
  return element("button", { type: "button", className: "card" }, settings.hasPictures ? picture(row) : "", text);
}

class Gallery {
  static GAP = 14;
  static NARROWEST = 232;
  static TEXT = 158;

  constructor(list, onOpen) {
    this.list = list;
    this.rows = [];
    this.shown = new Map();
    this.active = 0;
    this.columns = 1;
    this.step = 1;
    this.onOpen = onOpen;
    this.planned = false;
    const plan = () => {
      if (!this.planned) requestAnimationFrame(() => this.draw());
      this.planned = true;
    };
    addEventListener("scroll", plan, { passive: true });
    addEventListener("resize", plan);
    new ResizeObserver(plan).observe(document.body); // a table above that is folded moves the gallery
    new ResizeObserver(() => {
      if (list.clientWidth !== this.measured) this.arrange();
    }).observe(list);
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (!item) return;
      this.activate(Number(item.dataset.position));
      onOpen(this.rows[this.active]);
    });
    list.addEventListener("keydown", (event) => this.move(event));
  }

  set(rows) {
    this.rows = rows;
    this.active = 0;
    this.arrange();
  }

  arrange() {
    const width = this.list.clientWidth;
    this.measured = width;
    this.columns = Math.max(1, Math.floor((width + Gallery.GAP) / (Gallery.NARROWEST + Gallery.GAP)));
    const each = (width - Gallery.GAP * (this.columns - 1)) / this.columns;
    const high = settings.hasPictures ? Math.round(Math.min(each * 0.75, 320)) : 0;
    this.step = high + Gallery.TEXT + Gallery.GAP;
    this.across = each + Gallery.GAP;
    const { style } = this.list;
    style.setProperty("--width", `${each}px`);
    style.setProperty("--height", `${high + Gallery.TEXT}px`);
    style.setProperty("--picture", `${high}px`);
    style.height = `${Math.ceil(this.rows.length / this.columns) * this.step}px`;
    for (const item of this.shown.values()) item.remove();
    this.shown.clear();
    this.draw();
  }

  draw() {
    this.planned = false;
    const top = -this.list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / this.step) - 2) * this.columns;
    // The first cards are there even while the gallery is below the window.
    const rows = Math.max(2, Math.ceil((top + innerHeight) / this.step) + 2);
    const end = Math.min(this.rows.length, rows * this.columns);
    const focused = this.shown.get(this.active)?.contains(document.activeElement);
    for (const [position, item] of this.shown) {
      // The focused card stays, or the keyboard would lose its place.
      if ((position < first || position >= end) && !(focused && position === this.active)) {
        item.remove();
        this.shown.delete(position);
      }
    }
    for (let position = first; position < end; position += 1) if (!this.shown.has(position)) this.show(position);
  }

  show(position) {
    const item = element("li", { dataset: { position } }, card(this.rows[position]));
    item.setAttribute("aria-setsize", this.rows.length);
    item.setAttribute("aria-posinset", position + 1);
    const [x, y] = [(position % this.columns) * this.across, Math.floor(position / this.columns) * this.step];
    item.style.transform = `translate(${x}px, ${y}px)`;
    item.firstChild.tabIndex = position === this.active ? 0 : -1;
    this.shown.set(position, item);
    // In the order of the items, for screen readers and the tabulator.
    const next = this.shown.get(position + 1);
    this.list.insertBefore(item, next || null);
  }

  activate(position) {
    const before = this.shown.get(this.active);
    if (before) before.firstChild.tabIndex = -1;
    this.active = position;
    if (!this.shown.has(position)) this.show(position);
    this.shown.get(position).firstChild.tabIndex = 0;
  }

  focus(position) {
    this.activate(position);
    const item = this.shown.get(position);
    item.firstChild.focus({ preventScroll: true });
    const bar = document.getElementById("filters");
    const covered = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight + 12 : 12;
    const box = item.getBoundingClientRect();
    if (box.top < covered) scrollBy(0, box.top - covered);
    else if (box.bottom > innerHeight - 12) scrollBy(0, box.bottom - innerHeight + 12);
    this.draw();
  }

  move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns };
    const last = this.rows.length - 1;
    const ends = { Home: 0, End: last };
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in steps || event.key in ends)) return;
    event.preventDefault();
    const wanted = event.key in ends ? ends[event.key] : this.active + steps[event.key];
    if (wanted >= 0 && wanted <= last) this.focus(wanted);
  }
}
